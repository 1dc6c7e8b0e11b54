using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Tests.Supervision;

public sealed class RedialScheduleTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(2);

    [Fact]
    public void PL001_Failed_DoublesTheCeilingUpToTheMaximum()
    {
        var schedule = new RedialSchedule(new LinkOptions(), static () => 1);

        var waits = Enumerable.Range(0, 8).Select(_ => Wait(schedule)).ToArray();

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], waits);
    }

    [Fact]
    public void PL001_Failed_SpreadsOverTheWholeRange()
    {
        var random = new Random(42);
        var schedule = new RedialSchedule(new LinkOptions(), random.NextDouble);
        for (var i = 0; i < 10; i++)
        {
            schedule.Failed(Now, null);
        }

        var waits = Enumerable.Range(0, 1000).Select(_ => Wait(schedule)).ToArray();

        Assert.All(waits, static wait => Assert.InRange(wait, 0.02, 30));
        Assert.InRange(waits.Average(), 13, 17);
        Assert.True(waits.Min() < 1 && waits.Max() > 29, $"{waits.Min()} to {waits.Max()}");
    }

    [Fact]
    public void PL001_Failed_ManyTimes_DoesNotOverflow()
    {
        var schedule = new RedialSchedule(new LinkOptions(), static () => 1);

        for (var i = 0; i < 10_000; i++)
        {
            Assert.InRange(Wait(schedule), 1, 30);
        }
    }

    [Fact]
    public void PL001_Hint_WinsOverAShorterBackoff_ButIsBounded()
    {
        var schedule = new RedialSchedule(new LinkOptions(), static () => 0.5);

        schedule.Failed(Now, TimeSpan.FromSeconds(20));
        Assert.InRange((schedule.NextDialAt - Now).TotalSeconds, 20, 21);

        schedule.Failed(Now, TimeSpan.FromDays(400));
        Assert.InRange((schedule.NextDialAt - Now).TotalMinutes, 5, 5.1);
    }

    [Fact]
    public void PL001_Succeeded_StartsOver()
    {
        var schedule = new RedialSchedule(new LinkOptions(), static () => 1);
        schedule.Failed(Now, null);
        schedule.Failed(Now, null);

        schedule.Succeeded();

        Assert.Equal(1, Wait(schedule));
    }

    private static double Wait(RedialSchedule schedule)
    {
        schedule.Failed(Now, null);
        return (schedule.NextDialAt - Now).TotalSeconds;
    }
}
