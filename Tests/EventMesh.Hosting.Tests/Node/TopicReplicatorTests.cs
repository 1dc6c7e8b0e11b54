using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Node.Replicating;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Time;

namespace EventMesh.Hosting.Tests.Node;

/// <summary>Another node's events, into topics that are open on this silo and into others.</summary>
public sealed class TopicReplicatorTests
{
    private static readonly NodeId East = NodeId.Parse("east");
    private static readonly Incarnation Life = new(7);
    private readonly OpenTopics _open = new(new ManualTimeProvider());
    private readonly ManualFlushScheduler _flush = new();
    private readonly List<ReplicateRequest> _calls = [];
    private readonly IEventLog _log;
    private ReplicateReply _reply = new(MeshErrorCode.None, "", 0, []);

    public TopicReplicatorTests() =>
        _log = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System, _flush).OpenLog();

    [Fact]
    public async Task Replicate_IntoOpenTopics_IsHandedOverAtOnce_AndSharesAFlush()
    {
        var replicator = Replicator();
        for (var i = 0; i < 10; i++)
        {
            await OpenAsync($"t{i}");
        }

        var outcomes = Enumerable.Range(0, 10).Select(i => replicator.ReplicateAsync(
            TestEvents.Topic($"t{i}"), East, [Batch(0, "a"), Batch(1, "b", "c")], CancellationToken.None).AsTask()).ToList();
        Assert.DoesNotContain(outcomes, static outcome => outcome.IsCompleted);
        _flush.Flush();

        Assert.All(await Task.WhenAll(outcomes), static outcome =>
        {
            Assert.Equal(MeshErrorCode.None, outcome.Code);
            Assert.Equal([1, 2], outcome.Results.Select(static result => result.Stored));
            Assert.Equal(new Position(Life, 2), outcome.Results[^1].Held);
        });
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Replicate_OfWhatDoesNotContinue_AnswersAsTheLogDecides()
    {
        await OpenAsync("t");

        var outcome = Replicator().ReplicateAsync(TestEvents.Topic("t"), East, [Batch(0, "a"), Batch(0, "a"), Batch(9, "x"), Gap(9)], CancellationToken.None);
        _flush.Flush();

        Assert.Equal(
            [ReplicaVerdict.Take, ReplicaVerdict.Duplicate, ReplicaVerdict.Resume, ReplicaVerdict.Take], (await outcome).Results.Select(static result => result.Verdict));
    }

    [Fact]
    public async Task Replicate_IntoATopicThatIsNotOpen_CallsItsGrain()
    {
        _reply = new ReplicateReply(MeshErrorCode.LogFull, "full", 250, [new ReplicaOutcome(ReplicaVerdict.Take, 7, 0, 1, 0, false)]);

        var outcome = await Replicator().ReplicateAsync(TestEvents.Topic("t"), East, [Batch(0, "a"), Batch(1, "b")], CancellationToken.None);

        Assert.Equal((MeshErrorCode.LogFull, TimeSpan.FromMilliseconds(250)), (outcome.Code, outcome.RetryAfter));
        Assert.Equal(new Position(Life, 0), Assert.Single(outcome.Results).Held);
        Assert.Equal([0L, 1L], Assert.Single(_calls).Replicas.Select(static replica => replica.FirstSequence));
    }

    [Fact]
    public async Task Replicate_WhenTheOpenWriterIsFenced_CallsTheGrainWithAll()
    {
        await OpenAsync("t");
        await _log.OpenWriterAsync(TestEvents.Topic("t"), CancellationToken.None);
        _reply = new ReplicateReply(MeshErrorCode.None, "", 0, [new ReplicaOutcome(ReplicaVerdict.Take, 7, 1, 2, 0, false)]);

        var outcome = await Replicator().ReplicateAsync(TestEvents.Topic("t"), East, [Batch(0, "a", "b")], CancellationToken.None);

        Assert.Equal(2, Assert.Single(outcome.Results).Stored);
        Assert.Equal(2, Assert.Single(Assert.Single(_calls).Replicas).Count);
        Assert.Equal(0, _open.Count);
    }

    [Fact]
    public async Task Replicate_WhenOneIsRefused_StoresWhatCameBefore_AndNothingAfter()
    {
        var topic = await OpenAsync("t");
        var broken = new ReplicaItem(Batch(1, "b").Batch! with { Hops = 99 }, null);

        var outcome = Replicator().ReplicateAsync(TestEvents.Topic("t"), East, [Batch(0, "a"), broken, Batch(1, "b")], CancellationToken.None);
        _flush.Flush();

        var (results, code, _) = await outcome;
        Assert.Equal(MeshErrorCode.MalformedFrame, code);
        Assert.Single(results);
        Assert.Equal(new Position(Life, 0), topic.Writer.HeldPosition(East));
        Assert.Empty(_calls);
    }

    private TopicReplicator Replicator() => new(
        (_, request, _) =>
        {
            _calls.Add(request);
            return Task.FromResult(_reply);
        },
        _open);

    private async Task<OpenTopic> OpenAsync(string topic) => _open.Open(await _log.OpenWriterAsync(TestEvents.Topic(topic), CancellationToken.None));

    private static ReplicaItem Batch(long first, params string[] payloads) => new(
        new ReplicaBatch(East, Life, first == 0 ? Position.None : new Position(Life, first - 1), first, 1, TestEvents.Batch(payloads) with { BaseTimeUnixMs = 1_000 }),
        null);

    private static ReplicaItem Gap(long to) => new(null, new Gap(East, new Position(Life, 0), new Position(Life, to), GapReason.Trimmed));
}
