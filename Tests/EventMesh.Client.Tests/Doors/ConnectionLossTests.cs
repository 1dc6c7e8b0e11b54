using System.Globalization;
using System.Text;
using EventMesh.Client.Events;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.TestKit.Time;

namespace EventMesh.Client.Tests.Doors;

/// <summary>What the gRPC client does when its node goes away, comes back, or says nothing.</summary>
public sealed class ConnectionLossTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Subscription_WhenTheNodeComesBack_GoesOnWithoutLossOrDouble()
    {
        var first = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(first.Url, new MeshClientOptions { ReconnectDelay = TimeSpan.FromMilliseconds(5) });
        await using var subscription = await client.OpenSubscriptionAsync("a.*");
        await using var events = subscription.GetAsyncEnumerator();
        await PublishAsync(client, "a.b", 0, 3);
        var texts = await TakeAsync(events, 2);

        await first.DisposeAsync();
        await using var second = await DoorHost.StartAsync(first.Store, first.Port);
        await using var publisher = MeshClient.ForGrpc(second.Url);
        await PublishAsync(publisher, "a.b", 3, 3);
        await PublishAsync(publisher, "a.new", 6, 1);
        texts.AddRange(await TakeAsync(events, 5));

        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], texts.Order());
        Assert.True(subscription.Reconnects >= 1);
    }

    [Fact]
    public async Task Subscription_WhenTheLogIsAnother_SaysSoAndStartsOver()
    {
        var first = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(first.Url, new MeshClientOptions { ReconnectDelay = TimeSpan.FromMilliseconds(5) });
        await using var subscription = await client.OpenSubscriptionAsync("a");
        await using var events = subscription.GetAsyncEnumerator();
        await PublishAsync(client, "a", 0, 2);
        await TakeAsync(events, 2);

        // As many records as before, and more: only their identity tells that they are others.
        await first.DisposeAsync();
        var store = DoorHost.NewStore();
        await using (var hidden = await DoorHost.StartAsync(store))
        await using (var publisher = MeshClient.ForGrpc(hidden.Url))
        {
            await PublishAsync(publisher, "a", 10, 3);
        }

        await using var second = await DoorHost.StartAsync(store, first.Port);
        var gap = await NextAsync(events);
        var texts = await TakeAsync(events, 3);

        Assert.True(gap.IsGap);
        Assert.Equal(GapReason.OriginRewound, gap.Gap.Reason);
        Assert.Equal(2, gap.Offset.Value);
        Assert.Equal(["10", "11", "12"], texts);
    }

    [Fact]
    public async Task Subscription_WhenTheFirstAttemptFails_TellsTheCaller()
    {
        await using var client = MeshClient.ForGrpc(await UnusedUrlAsync());

        var exception = await Assert.ThrowsAsync<EventMeshException>(async () => await client.OpenSubscriptionAsync("a"));

        Assert.Equal(MeshErrorCode.NodeNotReady, exception.Code);
    }

    [Fact]
    public async Task Publish_WhenNobodyListens_FailsAndNothingWaits()
    {
        await using var client = MeshClient.ForGrpc(await UnusedUrlAsync());

        var publishes = Enumerable.Range(0, 10).Select(_ => client.PublishAsync("a", "x"u8.ToArray()).AsTask()).ToList();

        foreach (var publish in publishes)
        {
            Assert.Equal(MeshErrorCode.NodeNotReady, (await Assert.ThrowsAsync<EventMeshException>(() => publish)).Code);
        }
    }

    [Fact]
    public async Task Publish_WhenTheConnectionEndsUnanswered_IsInDoubtAndTheNextGoesThrough()
    {
        var first = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(first.Url);
        var answer = new TaskCompletionSource();
        first.Node.PublishGate = answer.Task;
        var publish = client.PublishAsync("a", "x"u8.ToArray()).AsTask();
        await first.Node.PublishCalled.WaitAsync(Patience);

        await first.DisposeAsync();
        answer.SetResult();
        var exception = await Assert.ThrowsAsync<EventMeshException>(() => publish.WaitAsync(Patience));
        await using var second = await DoorHost.StartAsync(first.Store, first.Port);
        var receipt = await client.PublishAsync("a", "y"u8.ToArray());

        Assert.Equal(MeshErrorCode.OutcomeUnknown, exception.Code);
        Assert.Equal(1, receipt.Offset.Value);
    }

    [Fact]
    public async Task Publish_WhenTheNodeSaysNothing_IsInDoubtAfterTheTimeout()
    {
        await using var host = await DoorHost.StartAsync();
        var time = new ManualTimeProvider();
        await using var client = MeshClient.ForGrpc(host.Url, new MeshClientOptions { TimeProvider = time });
        var answer = new TaskCompletionSource();
        host.Node.PublishGate = answer.Task;
        var publish = client.PublishAsync("a", "x"u8.ToArray()).AsTask();
        await host.Node.PublishCalled.WaitAsync(Patience);

        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(publish.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        var exception = await Assert.ThrowsAsync<EventMeshException>(() => publish.WaitAsync(Patience));
        answer.SetResult();

        Assert.Equal(MeshErrorCode.OutcomeUnknown, exception.Code);
    }

    [Fact]
    public async Task Publish_WhenTooManyWait_IsBusyAtOnce()
    {
        await using var host = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(host.Url, new MeshClientOptions { MaxPendingEvents = 1, MaxWaitingPublishes = 1 });
        var answer = new TaskCompletionSource();
        host.Node.PublishGate = answer.Task;
        var first = client.PublishAsync("a", "0"u8.ToArray()).AsTask();
        var second = client.PublishAsync("a", "1"u8.ToArray()).AsTask();

        var exception = await Assert.ThrowsAsync<EventMeshException>(async () => await client.PublishAsync("a", "2"u8.ToArray()));
        answer.SetResult();

        Assert.Equal(MeshErrorCode.Busy, exception.Code);
        Assert.Equal([0L, 1L], (await Task.WhenAll(first, second)).Select(static receipt => receipt.Offset.Value));
    }

    [Fact]
    public async Task Dispose_WhenPublishesAreUnderWay_WaitsForTheirReceipts()
    {
        await using var host = await DoorHost.StartAsync();
        var client = MeshClient.ForGrpc(host.Url);
        var publishes = Enumerable.Range(0, 100).Select(_ => client.PublishAsync("a", "x"u8.ToArray()).AsTask()).ToList();

        await client.DisposeAsync();

        Assert.All(publishes, static publish => Assert.True(publish.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.PublishAsync("a", "x"u8.ToArray()));
    }

    [Theory]
    [InlineData("localhost:8081")]
    [InlineData("ftp://localhost")]
    [InlineData("")]
    public void ForGrpc_WhenTheUrlIsNone_Refuses(string url) =>
        Assert.Equal(MeshErrorCode.InvalidConfiguration, Assert.Throws<EventMeshException>(() => MeshClient.ForGrpc(url)).Code);

    [Fact]
    public void ForGrpc_WhenAnOptionIsOutOfRange_NamesIt()
    {
        var exception = Assert.Throws<EventMeshException>(
            () => MeshClient.ForGrpc("http://localhost", new MeshClientOptions { MaxPendingEvents = 0, RequestTimeout = TimeSpan.Zero }));

        Assert.Contains("MaxPendingEvents", exception.Message, StringComparison.Ordinal);
        Assert.Contains("RequestTimeout", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<string> UnusedUrlAsync()
    {
        var host = await DoorHost.StartAsync();
        await host.DisposeAsync();
        return host.Url;
    }

    private static async Task PublishAsync(IMeshClient client, string topic, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            await client.PublishAsync(TopicName.Parse(topic), Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static async Task<List<string>> TakeAsync(IAsyncEnumerator<MeshEvent> events, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            texts.Add(Encoding.ASCII.GetString((await NextAsync(events)).Payload.Span));
        }

        return texts;
    }

    private static async Task<MeshEvent> NextAsync(IAsyncEnumerator<MeshEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience), "The subscription ended; a record was expected.");
        return events.Current;
    }
}
