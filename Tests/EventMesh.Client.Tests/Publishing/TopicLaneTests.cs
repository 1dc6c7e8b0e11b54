using System.Text;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.TestKit.Time;

namespace EventMesh.Client.Tests.Publishing;

/// <summary>What travels together, under which number, and what follows from a failure.</summary>
public sealed class TopicLaneTests
{
    private static readonly TopicName Topic = TopicName.Parse("orders");
    private static readonly EventMeshException Unanswered = new(MeshErrorCode.OutcomeUnknown, "No answer.");
    private readonly ManualTimeProvider _time = new();
    private readonly MeshClientOptions _options;

    public TopicLaneTests() => _options = new MeshClientOptions { TimeProvider = _time, Idempotent = true, MaxMessageEvents = 3 };

    [Fact]
    public void Add_WhileABatchIsUnderWay_GathersTheNext()
    {
        var table = new LaneTable(_options);
        var lane = Assert.IsType<TopicLane>(table.Add(Publish("0")));
        var first = table.Begin(lane);

        Assert.All(Enumerable.Range(1, 4), i => Assert.Null(table.Add(Publish($"{i}"))));

        Assert.Same(first, table.Begin(lane));
        lane.Stored();
        Assert.Equal((3, 1L), Shape(table.Begin(lane)));
        lane.Stored();
        Assert.Equal((1, 4L), Shape(table.Begin(lane)));
        lane.Stored();
        Assert.Null(table.Begin(lane));
        Assert.NotNull(table.Add(Publish("5")));
    }

    [Fact]
    public void Add_OfCallersNumbers_GoTogetherOnlyWhereTheyContinue()
    {
        var table = new LaneTable(_options);
        var lane = table.Add(Publish("4", "shop", 4))!;
        table.Add(Publish("5", "shop", 5));
        table.Add(Publish("7", "shop", 7));
        table.Add(Publish("4", "shop", 4));

        var shapes = new List<(int, long)>();
        while (table.Begin(lane) is { } batch)
        {
            shapes.Add(Shape(batch));
            lane.Stored();
        }

        Assert.Equal([(2, 4L), (1, 7L), (1, 4L)], shapes);
    }

    [Fact]
    public void Judge_OfATransientFailure_RepeatsTheSameAtGrowingWaits_UntilTheTimeIsUp()
    {
        var (retries, lane) = Begun();
        var producer = lane.Current!.Producer;
        var busy = new EventMeshException(MeshErrorCode.Busy, "Too much.");
        var waits = new List<TimeSpan>();

        while (retries.Judge(lane, busy, isClosing: false, out var wait) == Remedy.Repeat)
        {
            Assert.Equal(producer, lane.Begin()!.Producer);
            waits.Add(wait);
            _time.Advance(wait);
        }

        Assert.InRange(waits.Sum(static wait => wait.TotalSeconds), 55, 60);
        Assert.InRange(waits[0], _options.ReconnectDelay / 2, _options.ReconnectDelay);
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, _options.MaxReconnectDelay));
        Assert.False(lane.HasWork);
        Assert.Equal(producer, lane.Number!.Next);
    }

    [Fact]
    public void Judge_WhenTheNodeSaysWhenToComeBack_WaitsAsLong()
    {
        var (retries, lane) = Begun();

        var remedy = retries.Judge(lane, new EventMeshException(MeshErrorCode.Busy, "") { RetryAfter = TimeSpan.FromSeconds(7) }, false, out var wait);

        Assert.Equal((Remedy.Repeat, TimeSpan.FromSeconds(7)), (remedy, wait));
    }

    [Fact]
    public void Judge_WhenTheClientCloses_RepeatsNothing()
    {
        var (retries, lane) = Begun();

        Assert.Equal(Remedy.GiveUp, retries.Judge(lane, Unanswered, isClosing: true, out _));
    }

    [Fact]
    public void Judge_WhenTheTopicDoesNotKnowTheClient_BeginsAnewOnce()
    {
        var (retries, lane) = Begun(before: 5);
        var unknown = new EventMeshException(MeshErrorCode.ProducerUnknown, "Who?");
        var first = lane.Current!.Producer;

        Assert.Equal(Remedy.Repeat, retries.Judge(lane, unknown, false, out var wait));
        var second = lane.Begin()!.Producer;
        Assert.Equal(Remedy.GiveUp, retries.Judge(lane, unknown, false, out _));

        Assert.Equal(5, first.FirstSequence);
        Assert.Equal((0L, TimeSpan.Zero), (second.FirstSequence, wait));
        Assert.NotEqual(first.Producer, second.Producer);
    }

    [Fact]
    public void Judge_WhenTheTopicDoesNotKnowTheClientAfterAnUnansweredAttempt_GivesUp_ForItMayBeStored()
    {
        var (retries, lane) = Begun(before: 5);
        var batch = lane.Current!;
        retries.Judge(lane, Unanswered, false, out _);

        Assert.Equal(Remedy.GiveUp, retries.Judge(lane, new EventMeshException(MeshErrorCode.ProducerUnknown, "Who?"), false, out _));

        Assert.True(batch.IsInDoubt);
        Assert.NotEqual(batch.Producer.Producer, lane.Number!.Next.Producer);
    }

    [Fact]
    public void Judge_OfCallersNumbersInOtherCompany_SendsThemOneByOne()
    {
        var table = new LaneTable(_options);
        var lane = table.Add(Publish("0", "shop", 0))!;
        table.Add(Publish("1", "shop", 1));
        table.Begin(lane);
        table.Add(Publish("2", "shop", 2));

        var remedy = new PublishRetries(_options).Judge(lane, new EventMeshException(MeshErrorCode.ProducerOutOfOrder, "Hole."), false, out _);

        Assert.Equal(Remedy.Split, remedy);
        Assert.Equal((1, 0L), Shape(table.Begin(lane)));
        lane.Stored();
        Assert.Equal((1, 1L), Shape(table.Begin(lane)));
        lane.Stored();
        Assert.Equal((1, 2L), Shape(table.Begin(lane)));
    }

    [Fact]
    public void Fail_AfterAnUnansweredAttempt_IsUnknownWhateverWasSaidLater()
    {
        var publish = Publish("0");
        var batch = new PendingBatch(Topic, Durability.Disk, 16) { IsInDoubt = true };
        batch.Add(publish);

        batch.Fail(new EventMeshException(MeshErrorCode.LogFull, "Full."));

        Assert.Equal(MeshErrorCode.OutcomeUnknown, Assert.IsType<EventMeshException>(publish.Task.Exception!.InnerException).Code);
    }

    [Fact]
    public void Numbers_OfTooManyTopics_ForgetTheOneUsedLongestAgo()
    {
        var numbers = new ProducerNumbers(maxTopics: 2);
        var a = numbers.Of(TopicName.Parse("a"));
        a.Advance(3);
        numbers.Of(TopicName.Parse("b"));
        Assert.Same(a, numbers.Of(TopicName.Parse("a")));

        numbers.Of(TopicName.Parse("c"));

        Assert.Equal(2, numbers.Count);
        Assert.Equal(3, numbers.Of(TopicName.Parse("a")).Next.FirstSequence);
        var again = numbers.Of(TopicName.Parse("b")).Next;
        Assert.Equal(0, again.FirstSequence);
        Assert.NotEqual(a.Next.Producer, again.Producer);
    }

    private static (int Count, long First) Shape(PendingBatch? batch) => (batch!.Count, batch.Producer.FirstSequence);

    private static PendingPublish Publish(string text, string? producer = null, long number = 0) => new(
        Topic,
        Encoding.ASCII.GetBytes(text),
        new PublishOptions { Producer = producer is null ? default : new ProducerStamp(ProducerId.Parse(producer), number) });

    private (PublishRetries Retries, TopicLane Lane) Begun(int before = 0)
    {
        var table = new LaneTable(_options);
        var lane = table.Add(Publish("x"))!;
        lane.Number!.Advance(before);
        table.Begin(lane);
        return (new PublishRetries(_options), lane);
    }
}
