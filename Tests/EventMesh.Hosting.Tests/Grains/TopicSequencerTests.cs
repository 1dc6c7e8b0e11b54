using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Hosting.Tests.Grains;

public sealed class TopicSequencerTests
{
    private static readonly Incarnation Life = new(7);
    private readonly IEventLog _log = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System).OpenLog();

    [Fact]
    public async Task Append_OfAnOlderActivation_IsFenced_AndStoresNothing()
    {
        var older = await OpenAsync("orders");
        var newer = await OpenAsync("orders");

        var refused = await older.AppendAsync(Request("a"), CancellationToken.None);
        var stored = await newer.AppendAsync(Request("b"), CancellationToken.None);

        Assert.Equal(MeshErrorCode.LogFenced, refused.Code);
        Assert.Equal((MeshErrorCode.None, 0L), (stored.Code, stored.FirstOffset));
    }

    [Fact]
    public async Task Replicate_OfAnOlderActivation_IsFenced()
    {
        var older = await OpenAsync("orders");
        await OpenAsync("orders");

        var reply = await older.ReplicateAsync(new ReplicateRequest("east", [Batch(0, -1, "a")]), CancellationToken.None);

        Assert.Equal(MeshErrorCode.LogFenced, reply.Code);
        Assert.Empty(reply.Outcomes);
    }

    [Fact]
    public async Task Append_CallsThatInterleave_AreStoredInTheOrderOfTheCalls()
    {
        var topic = await OpenAsync("orders");

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => topic.AppendAsync(Request($"{i}"), CancellationToken.None)));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), replies.Select(reply => reply.FirstSequence));
    }

    [Theory]
    [InlineData("$state.x", MeshErrorCode.TopicReserved)]
    [InlineData("orders", MeshErrorCode.MalformedEvent)]
    public async Task Append_OfWhatMustNotBeStored_IsRefused(string name, MeshErrorCode expected)
    {
        var topic = await OpenAsync(name);

        var reply = await topic.AppendAsync(new AppendRequest(2, Request("a").Packed, Durability.Disk), CancellationToken.None);

        Assert.Equal(expected, reply.Code);
        Assert.Equal(LogOffset.Zero, _log.GetReader(TestEvents.Topic(name)).Bounds.End);
    }

    [Fact]
    public async Task Append_RepeatedByItsProducer_AnswersAsTheFirstTime()
    {
        var topic = await OpenAsync("orders");

        var first = await topic.AppendAsync(Request("a") with { Producer = "shop" }, CancellationToken.None);
        var again = await topic.AppendAsync(Request("a") with { Producer = "shop" }, CancellationToken.None);

        Assert.Equal(first with { IsDuplicate = true }, again);
        Assert.Equal(new LogOffset(1), _log.GetReader(TestEvents.Topic("orders")).Bounds.End);
    }

    [Theory]
    [InlineData("shop", 3, MeshErrorCode.ProducerUnknown)]
    [InlineData("known", 3, MeshErrorCode.ProducerOutOfOrder)]
    [InlineData("no shop", 0, MeshErrorCode.InvalidProducer)]
    [InlineData("shop", -1, MeshErrorCode.InvalidArgument)]
    public async Task Append_UnderANumberThatIsNotNext_IsRefused(string producer, long sequence, MeshErrorCode expected)
    {
        var topic = await OpenAsync("orders");
        await topic.AppendAsync(Request("a") with { Producer = "known" }, CancellationToken.None);

        var reply = await topic.AppendAsync(Request("b") with { Producer = producer, ProducerSequence = sequence }, CancellationToken.None);

        Assert.Equal(expected, reply.Code);
        Assert.Equal(new LogOffset(1), _log.GetReader(TestEvents.Topic("orders")).Bounds.End);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Append_OfAReleaseThatKnowsNoProducers_IsNobodys(string? absent)
    {
        var topic = await OpenAsync("orders");

        await topic.AppendAsync(Request("a") with { Producer = absent }, CancellationToken.None);
        var second = await topic.AppendAsync(Request("a") with { Producer = absent }, CancellationToken.None);

        Assert.Equal((1L, false), (second.FirstOffset, second.IsDuplicate));
    }

    [Fact]
    public async Task Replicate_DecidesEachReplicaInOrder()
    {
        var topic = await OpenAsync("orders");

        var reply = await topic.ReplicateAsync(
            new ReplicateRequest("east", [Batch(0, -1, "a", "b"), Batch(0, -1, "a"), Batch(2, 1, "c"), Batch(9, 8, "x")]),
            CancellationToken.None);

        Assert.Equal(
            [ReplicaVerdict.Take, ReplicaVerdict.Duplicate, ReplicaVerdict.Take, ReplicaVerdict.Resume],
            reply.Outcomes.Select(outcome => outcome.Verdict));
        Assert.Equal((Life.Value, 2), (reply.Outcomes[^1].HeldIncarnation, reply.Outcomes[^1].HeldSequence));
    }

    [Fact]
    public async Task Replicate_WhenOneIsMalformed_StoresWhatCameBeforeAndNothingAfter()
    {
        var topic = await OpenAsync("orders");
        var broken = Batch(1, 0, "b") with { Count = 3 };

        var reply = await topic.ReplicateAsync(
            new ReplicateRequest("east", [Batch(0, -1, "a"), broken, Batch(1, 0, "b")]), CancellationToken.None);

        Assert.Equal(MeshErrorCode.MalformedEvent, reply.Code);
        Assert.Equal(ReplicaVerdict.Take, Assert.Single(reply.Outcomes).Verdict);
        Assert.Equal(new LogOffset(1), _log.GetReader(TestEvents.Topic("orders")).Bounds.End);
    }

    [Fact]
    public async Task Replicate_OfAGap_MovesThePosition()
    {
        var topic = await OpenAsync("orders");
        var gap = new Gap(NodeId.Parse("east"), Position.None, new Position(Life, 4), GapReason.BeforeInterest);

        var reply = await topic.ReplicateAsync(
            new ReplicateRequest("east", [new Replica(0, 0, -1, 0, 0, 0, 0, GapBody.Encode(gap)), Batch(5, 4, "f")]), CancellationToken.None);

        Assert.Equal([ReplicaVerdict.Take, ReplicaVerdict.Take], reply.Outcomes.Select(outcome => outcome.Verdict));
        Assert.Equal(5, reply.Outcomes[^1].HeldSequence);
    }

    private async Task<TopicSequencer> OpenAsync(string topic) => new(await _log.OpenWriterAsync(TestEvents.Topic(topic), CancellationToken.None));

    private static AppendRequest Request(string payload) => new(1, TestEvents.Batch(payload).Bytes.ToArray(), Durability.Disk);

    private static Replica Batch(long first, long previous, params string[] payloads) => new(
        Life.Value, previous < 0 ? 0 : Life.Value, previous, first, 1, payloads.Length, 1_000, TestEvents.Batch(payloads).Bytes.ToArray());
}
