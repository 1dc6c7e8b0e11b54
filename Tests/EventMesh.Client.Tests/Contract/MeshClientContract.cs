using System.Text;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Tests.Contract;

/// <summary>What every <see cref="IMeshClient"/> does, over whatever it reaches its node by.</summary>
public abstract partial class MeshClientContract : IAsyncLifetime, IDisposable
{
    /// <summary>Long enough for a busy machine; reaching it is a failure, never a wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _patience = new(Patience);

    private IMeshClient? _client;

    protected IMeshClient Client => _client ?? throw new InvalidOperationException("The client is made before every test.");

    protected CancellationToken Timeout => _patience.Token;

    /// <summary>Makes a client of a running node that holds no topics; a second call makes another client of the same node.</summary>
    protected abstract Task<IMeshClient> CreateClientAsync(MeshClientOptions options);

    public virtual async Task InitializeAsync() => _client = await CreateClientAsync(new MeshClientOptions());

    public virtual async Task DisposeAsync()
    {
        await Client.DisposeAsync();
    }

    public void Dispose()
    {
        _patience.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Publish_WhenStored_ReturnsTheIdentity()
    {
        var first = await Client.PublishAsync("orders.eu", "a"u8.ToArray(), cancellationToken: Timeout);
        var second = await Client.PublishAsync("orders.eu", "b"u8.ToArray(), cancellationToken: Timeout);

        Assert.False(first.Origin.Node.IsEmpty);
        Assert.True(first.Origin.Incarnation.Value > 0);
        Assert.Equal(first.Origin, second.Origin);
        Assert.Equal((0L, 1L), (first.Sequence, second.Sequence));
        Assert.Equal((0L, 1L), (first.Offset.Value, second.Offset.Value));
        Assert.Equal(Durability.Memory, first.Durability);
    }

    [Fact]
    public async Task Publish_WhenManyAreUnderWay_StoresEachTopicInTheOrderOfTheCalls()
    {
        string[] topics = ["many.a", "many.b", "many.c"];
        var receipts = new List<Task<Receipt>>();

        for (var i = 0; i < 3_000; i++)
        {
            var options = new PublishOptions { Durability = i % 7 == 0 ? Durability.Memory : Durability.Disk };
            receipts.Add(Client.PublishAsync(topics[i % 3], Encoding.ASCII.GetBytes($"{i}"), options, Timeout).AsTask());
        }

        await Task.WhenAll(receipts);
        for (var t = 0; t < topics.Length; t++)
        {
            var texts = (await ReadAllAsync(topics[t])).Select(Text);
            Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"{(3 * i) + t}"), texts);
            Assert.Equal(Enumerable.Range(0, 1_000).Select(static i => (long)i), receipts.Where((_, i) => i % 3 == t).Select(task => task.Result.Offset.Value));
        }
    }

    [Fact]
    public async Task Publish_WhenTheWindowIsFull_WaitsInOrder()
    {
        await using var narrow = await CreateClientAsync(new MeshClientOptions { MaxPendingEvents = 3, MaxMessagesUnderWay = 1 });

        var receipts = Enumerable.Range(0, 200)
            .Select(i => narrow.PublishAsync("narrow", Encoding.ASCII.GetBytes($"{i}"), cancellationToken: Timeout).AsTask()).ToList();
        await Task.WhenAll(receipts);

        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"{i}"), (await ReadAllAsync("narrow")).Select(Text));
    }

    [Fact]
    public async Task Publish_WhenTyped_ArrivesAsTheTypeAndAsBytesForOthers()
    {
        await Client.PublishAsync("typed", new Order(7, "shoes"), cancellationToken: Timeout);

        var read = Assert.Single(await ReadAllAsync("typed"));

        Assert.True(read.TryRead<Order>(out var order));
        Assert.Equal(new Order(7, "shoes"), order);
        Assert.False(read.TryRead<Invoice>(out _));
        Assert.Equal("""{"number":7,"what":"shoes"}""", Text(read));
        Assert.Equal("application/json", read.Header("content-type"));
    }

    [Fact]
    public async Task Publish_WhenThereAreHeaders_KeepsThemInOrder()
    {
        KeyValuePair<string, string>[] headers = [new("b", "1"), new("a", "zwölf"), new("b", "")];

        await Client.PublishAsync("headers", new byte[] { 0, 255 }, new PublishOptions { Headers = headers }, Timeout);

        var read = Assert.Single(await ReadAllAsync("headers"));
        Assert.Equal(headers, read.Headers);
        Assert.Equal(new byte[] { 0, 255 }, read.Payload.ToArray());
    }

    [Fact]
    public async Task Publish_WhenRefused_TellsTheCodeAndGoesOn()
    {
        var reserved = Client.PublishAsync("$sys.topic", "a"u8.ToArray(), cancellationToken: Timeout).AsTask();
        var large = async () => await Client.PublishAsync("large", new byte[EventLimits.MaxEventBytes], cancellationToken: Timeout);
        var headers = async () => await Client.PublishAsync("large", "a"u8.ToArray(), new PublishOptions { Headers = [new("", "x")] }, Timeout);

        Assert.Equal(MeshErrorCode.TopicReserved, (await Assert.ThrowsAsync<EventMeshException>(() => reserved)).Code);
        Assert.Equal(MeshErrorCode.EventTooLarge, (await Assert.ThrowsAsync<EventMeshException>(large)).Code);
        Assert.Equal(MeshErrorCode.InvalidHeaders, (await Assert.ThrowsAsync<EventMeshException>(headers)).Code);
        await Client.PublishAsync("fine", "a"u8.ToArray(), cancellationToken: Timeout);
    }

    [Fact]
    public async Task Publish_WhenTheEventIsAsLargeAsAllowed_Arrives()
    {
        var payload = new byte[EventLimits.MaxEventBytes - 1];
        payload[^1] = 42;

        await Client.PublishAsync("large", payload, cancellationToken: Timeout);

        Assert.Equal(payload, Assert.Single(await ReadAllAsync("large")).Payload.ToArray());
    }

    [Fact]
    public async Task Read_WhenPaged_ReturnsEverythingOnce()
    {
        await PublishAsync("paged", 25);

        var first = await Client.ReadAsync(TopicName.Parse("paged"), LogOffset.Zero, 10, Timeout);
        var second = await Client.ReadAsync(TopicName.Parse("paged"), first.Next, 1_000, Timeout);
        var end = await Client.ReadAsync(TopicName.Parse("paged"), second.Next, 10, Timeout);

        Assert.Equal(10, first.Events.Count);
        Assert.Equal(15, second.Events.Count);
        Assert.Empty(end.Events);
        Assert.Equal(25, end.End.Value);
        Assert.Equal(Enumerable.Range(0, 25).Select(static i => $"{i}"), first.Events.Concat(second.Events).Select(Text));
    }

    [Fact]
    public async Task Read_WhenTheTopicOrRangeIsUnknown_Refuses()
    {
        await PublishAsync("known", 1);

        var unknown = async () => await Client.ReadAsync(TopicName.Parse("unknown"), LogOffset.Zero, 10, Timeout);
        var beyond = async () => await Client.ReadAsync(TopicName.Parse("known"), new LogOffset(2), 10, Timeout);
        var limit = async () => await Client.ReadAsync(TopicName.Parse("known"), LogOffset.Zero, 1_001, Timeout);

        Assert.Equal(MeshErrorCode.TopicUnknown, (await Assert.ThrowsAsync<EventMeshException>(unknown)).Code);
        Assert.Equal(MeshErrorCode.InvalidOffset, (await Assert.ThrowsAsync<EventMeshException>(beyond)).Code);
        Assert.Equal(MeshErrorCode.InvalidArgument, (await Assert.ThrowsAsync<EventMeshException>(limit)).Code);
    }

    [Fact]
    public async Task ListTopics_WhenPagedAndFiltered_ReturnsEachOnce()
    {
        foreach (var topic in new[] { "list.a", "list.b", "list.c.d", "other" })
        {
            await PublishAsync(topic, 2);
        }

        var filtered = await Client.ListTopicsAsync(TopicPattern.Parse("list.*"), cancellationToken: Timeout);
        var page = await Client.ListTopicsAsync(TopicPattern.All, limit: 3, cancellationToken: Timeout);
        var rest = await Client.ListTopicsAsync(TopicPattern.All, TopicName.Parse(page.Next), 3, Timeout);

        Assert.Equal(["list.a", "list.b"], filtered.Topics.Select(static topic => topic.Topic));
        Assert.Equal(["list.a", "list.b", "list.c.d", "other"], page.Topics.Concat(rest.Topics).Select(static topic => topic.Topic));
        Assert.All(page.Topics, static topic => Assert.Equal(2, topic.EndOffset));
        Assert.Equal("", rest.Next);
    }

    [Fact]
    public async Task GetHealth_WhenTheNodeServes_SaysSo()
    {
        var health = await Client.GetHealthAsync(Timeout);
        var peers = await Client.ListPeersAsync(Timeout);

        Assert.True(health.IsLive && health.IsReady);
        Assert.NotEmpty(health.Node);
        Assert.Empty(peers);
    }

    protected static string Text(MeshEvent item) => Encoding.UTF8.GetString(item.Payload.Span);

    protected async Task PublishAsync(string topic, int count, int first = 0)
    {
        for (var i = first; i < first + count; i++)
        {
            await Client.PublishAsync(topic, Encoding.ASCII.GetBytes($"{i}"), cancellationToken: Timeout);
        }
    }

    protected async Task<List<MeshEvent>> ReadAllAsync(string topic)
    {
        var all = new List<MeshEvent>();
        ReadPage page;
        var next = LogOffset.Zero;
        do
        {
            page = await Client.ReadAsync(TopicName.Parse(topic), next, 1_000, Timeout);
            all.AddRange(page.Events);
            next = page.Next;
        }
        while (page.Next < page.End);

        return all;
    }

    protected static SubscribeOptions To(SubscriptionStart start, params string[] patterns) =>
        new() { Patterns = [.. patterns.Select(TopicPattern.Parse)], Start = start };

    private sealed record Order(int Number, string What);

    private sealed record Invoice(int Number);
}
