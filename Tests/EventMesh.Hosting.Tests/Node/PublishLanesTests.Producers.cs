using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Hosting.Node.Publishing;
using EventMesh.Hosting.Tests.Support;

namespace EventMesh.Hosting.Tests.Node;

/// <summary>What goes together of producers, and what follows from failures.</summary>
public sealed partial class PublishLanesTests
{
    [Fact]
    public async Task Publish_OfOneProducer_GoesTogetherWhereItContinues_AndOfOthersByItself()
    {
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", "x");
        var under = await NextAsync();
        var publishes = new[]
        {
            PublishAsAsync(lanes, "shop", 4, "4"),
            PublishAsAsync(lanes, "shop", 5, "5"),
            PublishAsAsync(lanes, "shop", 7, "7"),
            PublishAsAsync(lanes, "bar", 8, "8"),
            PublishAsync(lanes, "a", "nobody"),
            PublishAsAsync(lanes, "shop", 8, "8"),
        };
        under.Store(0);

        var sent = new List<(string?, long, string)>();
        for (var i = 0; i < 5; i++)
        {
            var call = await NextAsync();
            sent.Add((call.Request.Producer, call.Request.ProducerSequence, string.Join(' ', Payloads(call))));
            call.Store(i);
        }

        await Task.WhenAll(publishes.Append(first));
        Assert.Equal([("shop", 4, "4 5"), ("shop", 7, "7"), ("bar", 8, "8"), (null, 0, "nobody"), ("shop", 8, "8")], sent);
    }

    [Fact]
    public async Task Publish_OfAProducerWhenNoAnswerComes_IsSentAgainAsItWas_BeforeWhatFollows()
    {
        var lanes = Lanes();
        var first = PublishAsAsync(lanes, "shop", 0, "0");
        var lost = await NextAsync();
        var second = PublishAsAsync(lanes, "shop", 1, "1");

        lost.Answer.SetException(new TimeoutException());
        var again = await NextAsync();
        again.Answer.SetResult(again.Stored(0) with { IsDuplicate = true });
        (await NextAsync()).Store(1);

        Assert.Equal(lost.Request, again.Request);
        Assert.True((await first).IsDuplicate);
        Assert.False((await second).IsDuplicate);
    }

    [Fact]
    public async Task Publish_OfAProducerWhenNoAnswerEverComes_IsAnUnknownOutcome()
    {
        var lanes = Lanes();
        var publish = PublishAsAsync(lanes, "shop", 0, "0");

        for (var i = 0; i < 5; i++)
        {
            (await NextAsync()).Answer.SetException(new TimeoutException());
        }

        Assert.Equal(MeshErrorCode.OutcomeUnknown, (await Assert.ThrowsAsync<EventMeshException>(() => publish)).Code);
        Assert.Empty(_calls);
    }

    [Theory]
    [InlineData(MeshErrorCode.Busy, MeshErrorCode.OutcomeUnknown)]
    [InlineData(MeshErrorCode.LogClosed, MeshErrorCode.OutcomeUnknown)]
    [InlineData(MeshErrorCode.ProducerOutOfOrder, MeshErrorCode.ProducerOutOfOrder)]
    public async Task Publish_RefusedAfterAnAttemptWithoutAnswer_MayBeStoredAllTheSame(MeshErrorCode refusal, MeshErrorCode expected)
    {
        var lanes = Lanes();
        var publish = PublishAsAsync(lanes, "shop", 3, "3");
        (await NextAsync()).Answer.SetException(new TimeoutException());

        (await NextAsync()).Refuse(refusal);

        Assert.Equal(expected, (await Assert.ThrowsAsync<EventMeshException>(() => publish)).Code);
    }

    [Fact]
    public async Task Publish_OfARepeatAndWhatFollows_IsToldApartByTheLog()
    {
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", "x");
        var under = await NextAsync();
        var publishes = new[] { PublishAsAsync(lanes, "shop", 0, "0"), PublishAsAsync(lanes, "shop", 1, "1"), PublishAsAsync(lanes, "shop", 2, "2") };
        under.Store(0);

        (await NextAsync()).Refuse(MeshErrorCode.ProducerOutOfOrder);
        var repeat = await NextAsync();
        repeat.Answer.SetResult(repeat.Stored(7) with { IsDuplicate = true });
        (await NextAsync()).Store(20);
        (await NextAsync()).Refuse(MeshErrorCode.LogFull);

        await first;
        Assert.Equal((7, true), ((await publishes[0]).FirstOffset.Value, (await publishes[0]).IsDuplicate));
        Assert.Equal((20, false), ((await publishes[1]).FirstOffset.Value, (await publishes[1]).IsDuplicate));
        Assert.Equal(MeshErrorCode.LogFull, (await Assert.ThrowsAsync<EventMeshException>(() => publishes[2])).Code);
    }

    private static Task<Hosting.Node.PublishReceipt> PublishAsAsync(PublishLanes lanes, string producer, long first, string payload) => lanes.PublishAsync(
        TestEvents.Topic("a"), TestEvents.Batch(payload), new ProducerStamp(ProducerId.Parse(producer), first), Durability.Disk, CancellationToken.None).AsTask();
}
