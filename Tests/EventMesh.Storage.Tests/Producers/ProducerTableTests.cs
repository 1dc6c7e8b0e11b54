using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Tests.Producers;

public sealed class ProducerTableTests
{
    private const long Minute = 60_000;
    private static readonly ProducerId Ann = ProducerId.Parse("ann");
    private static readonly ProducerId Bob = ProducerId.Parse("bob");
    private static readonly ProducerId Cid = ProducerId.Parse("cid");
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly ProducerTable _table = new(maxProducers: 2, Day);
    private long _now;
    private long _offset;

    private ProducerBatch? Decide(ProducerId producer, long first, int count) => _table.Decide(new ProducerStamp(producer, first), count, _now);

    private void Append(ProducerId producer, long first, int count)
    {
        Assert.Null(Decide(producer, first, count));
        _table.Observe(producer, new ProducerBatch(first, count, _offset, new Position(new Incarnation(7), 100 + _offset)), _now);
        _offset += count;
    }

    private EventMeshException Refused(MeshErrorCode code, ProducerId producer, long first, int count)
    {
        var refusal = Assert.Throws<EventMeshException>(() => Decide(producer, first, count));
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    [Fact]
    public void Decide_WhenABatchIsRepeated_FindsWhereItIsAmongTheLastFive()
    {
        for (var i = 0; i < 6; i++)
        {
            Append(Ann, 10 * i, 10);
        }

        Assert.Equal(new ProducerBatch(10, 10, 10, new Position(new Incarnation(7), 110)), Decide(Ann, 10, 10));
        Assert.Equal(new ProducerBatch(50, 10, 50, new Position(new Incarnation(7), 150)), Decide(Ann, 50, 10));
        Refused(MeshErrorCode.ProducerOutOfOrder, Ann, 0, 10);
    }

    [Fact]
    public void Decide_WhenAPartOfABatchIsRepeated_FindsWhereThatPartIs()
    {
        Append(Ann, 0, 10);

        Assert.Equal(new ProducerBatch(4, 3, 4, new Position(new Incarnation(7), 104)), Decide(Ann, 4, 3));
        Assert.Equal(new ProducerBatch(9, 1, 9, new Position(new Incarnation(7), 109)), Decide(Ann, 9, 1));
    }

    [Theory]
    [InlineData(21, 1)]
    [InlineData(5, 10)]
    [InlineData(15, 10)]
    [InlineData(0, 20)]
    public void Decide_WhenABatchLeavesAHoleOrSpansOthers_NamesWhatComesNext(long first, int count)
    {
        Append(Ann, 0, 10);
        Append(Ann, 10, 10);

        Assert.Contains(" 20 comes next", Refused(MeshErrorCode.ProducerOutOfOrder, Ann, first, count).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Decide_WhenTheNumberIsOutOfRange_RefusesIt(long first) => Refused(MeshErrorCode.InvalidArgument, Ann, first, 1);

    [Fact]
    public void Decide_WhenTheProducerIsUnknown_TakesItsNumberZeroOnly()
    {
        Refused(MeshErrorCode.ProducerUnknown, Ann, 1, 1);
        Append(Ann, 0, 1);
        Append(Ann, 1, 1);
    }

    [Fact]
    public void Decide_WhenAProducerWasIdleBeyondTheMemory_DoesNotKnowIt()
    {
        Append(Ann, 0, 3);

        _now += (long)Day.TotalMilliseconds;
        Assert.NotNull(Decide(Ann, 0, 3));
        _now++;

        Refused(MeshErrorCode.ProducerUnknown, Ann, 3, 1);
        Append(Ann, 0, 2);
        Append(Ann, 2, 1);
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void Observe_WhenOthersWereIdleBeyondTheMemory_ForgetsThem()
    {
        Append(Ann, 0, 1);
        _now += (long)Day.TotalMilliseconds + 1;

        Append(Bob, 0, 1);

        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void Decide_WhenTheTableIsFullOfActiveProducers_IsBusyUntilOneHasBeenIdleLongEnough()
    {
        Append(Ann, 0, 1);
        _now += Minute;
        Append(Bob, 0, 1);
        Append(Ann, 1, 1);

        Assert.Equal(ProducerTable.MinIdle, Refused(MeshErrorCode.Busy, Cid, 0, 1).RetryAfter);
        _now += 5 * Minute;
        Append(Cid, 0, 1);

        Assert.Equal(2, _table.Count);
        Refused(MeshErrorCode.ProducerUnknown, Bob, 1, 1);
        Assert.NotNull(Decide(Ann, 1, 1));
    }

    [Fact]
    public void From_WhenTheLimitIsLowerNow_KeepsThoseThatWereActiveLast()
    {
        Append(Ann, 0, 1);
        _now++;
        Append(Bob, 0, 1);

        var table = ProducerTable.From([.. _table.ToHeads().Reverse()], maxProducers: 1, Day);

        Assert.Equal(Bob, Assert.Single(table.ToHeads()).Producer);
    }
}
