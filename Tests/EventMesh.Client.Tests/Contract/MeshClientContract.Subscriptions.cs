using EventMesh.Client.Events;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Tests.Contract;

public abstract partial class MeshClientContract
{
    [Fact]
    public async Task Subscribe_WhenLive_DeliversWhatIsPublishedFromThenOn()
    {
        await PublishAsync("live.old", 3);
        await using var subscription = await Client.OpenSubscriptionAsync("live.>", Timeout);

        await PublishAsync("live.old", 1, first: 3);
        await PublishAsync("live.new", 1);

        Assert.Equal(["live.new:0", "live.old:3"], (await TakeAsync(subscription, 2)).Select(Describe).Order());
    }

    [Fact]
    public async Task Subscribe_WhenEarliest_DeliversTheLogAndThenWhatFollows()
    {
        await PublishAsync("early", 5);
        await using var subscription = await Client.OpenSubscriptionAsync(To(SubscriptionStart.Earliest, "early"), Timeout);

        var publishing = PublishAsync("early", 5, first: 5);
        var events = await TakeAsync(subscription, 10);
        await publishing;

        Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"{i}"), events.Select(Text));
        Assert.Equal(Enumerable.Range(0, 10).Select(static i => (long)i), events.Select(static item => item.Offset.Value));
    }

    [Fact]
    public async Task Subscribe_WhenAtAnOffsetOrTime_StartsThere()
    {
        await PublishAsync("at", 5);
        var third = (await ReadAllAsync("at"))[2];

        await using var byOffset = await Client.OpenSubscriptionAsync(To(SubscriptionStart.Offset, "at") with { Offset = new LogOffset(3) }, Timeout);
        await using var byTime = await Client.OpenSubscriptionAsync(To(SubscriptionStart.Time, "at") with { Time = third.Time }, Timeout);

        Assert.Equal(["3", "4"], (await TakeAsync(byOffset, 2)).Select(Text));
        Assert.True((await TakeAsync(byTime, 1)).Single().Time >= third.Time);
    }

    [Fact]
    public async Task Subscribe_WhenSeveralPatternsMatch_DeliversOnce()
    {
        await PublishAsync("once.a.b", 3);
        await using var subscription = await Client.OpenSubscriptionAsync(
            To(SubscriptionStart.Earliest, "once.>", "once.*.b", "once.a.b", "once.x"), Timeout);

        await PublishAsync("once.x", 1);

        Assert.Equal(["once.a.b:0", "once.a.b:1", "once.a.b:2", "once.x:0"], (await TakeAsync(subscription, 4)).Select(Describe).Order());
    }

    [Fact]
    public async Task Subscribe_WhenCursorsAreGiven_GoesOnThere()
    {
        await PublishAsync("resume", 4);
        IReadOnlyList<SubscriptionCursor> cursors;
        await using (var first = await Client.OpenSubscriptionAsync(To(SubscriptionStart.Earliest, "resume"), Timeout))
        {
            await TakeAsync(first, 2);
            cursors = first.Cursors;
        }

        await using var second = await Client.OpenSubscriptionAsync(To(SubscriptionStart.Live, "resume") with { Cursors = cursors }, Timeout);

        Assert.Equal(["2", "3"], (await TakeAsync(second, 2)).Select(Text));
    }

    [Fact]
    public async Task Subscribe_WhenReadersDiffer_GivesEachTheSameOrder()
    {
        await using var first = await Client.OpenSubscriptionAsync("same", Timeout);
        await using var second = await Client.OpenSubscriptionAsync("same", Timeout);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => PublishAsync("same", 50, first: 50 * part)));

        var texts = (await TakeAsync(first, 200)).Select(Text).ToList();
        Assert.Equal(200, texts.Distinct().Count());
        Assert.Equal(texts, (await TakeAsync(second, 200)).Select(Text));
    }

    [Fact]
    public async Task Subscribe_WhenDisposed_EndsTheEnumeration()
    {
        var subscription = await Client.OpenSubscriptionAsync("ends", Timeout);
        var reading = TakeAsync(subscription, 1);

        await subscription.DisposeAsync();

        Assert.Empty(await reading);
    }

    [Fact]
    public async Task Subscribe_WhenCancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        await using var subscription = await Client.OpenSubscriptionAsync("cancelled", Timeout);
        var reading = TakeAsync(subscription, 1, cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task Subscribe_WhenThereIsNoPattern_Refuses()
    {
        var none = async () => await Client.OpenSubscriptionAsync(To(SubscriptionStart.Live), Timeout);
        var several = async () => await Client.OpenSubscriptionAsync(To(SubscriptionStart.Live, [.. Enumerable.Range(0, 65).Select(static i => $"p{i}")]), Timeout);

        Assert.Equal(MeshErrorCode.InvalidArgument, (await Assert.ThrowsAsync<EventMeshException>(none)).Code);
        Assert.Equal(MeshErrorCode.InvalidArgument, (await Assert.ThrowsAsync<EventMeshException>(several)).Code);
    }

    [Fact]
    public async Task Subscribe_WhenEnumerated_OpensAndCloses()
    {
        await PublishAsync("short", 2);

        var texts = new List<string>();
        await foreach (var item in Client.SubscribeAsync(To(SubscriptionStart.Earliest, "short"), Timeout))
        {
            texts.Add(Text(item));
            if (texts.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["0", "1"], texts);
    }

    protected async Task<List<MeshEvent>> TakeAsync(IMeshSubscription subscription, int count, CancellationToken? cancellationToken = null)
    {
        var events = new List<MeshEvent>();
        await foreach (var item in subscription.WithCancellation(cancellationToken ?? Timeout))
        {
            events.Add(item);
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }

    private static string Describe(MeshEvent item) => $"{item.Topic}:{Text(item)}";
}
