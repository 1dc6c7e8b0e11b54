using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Tests.Supervision;

public sealed class PeerMemoryTests
{
    private static readonly TopicPattern Orders = TopicPattern.Parse("orders.>");
    private static readonly TopicPattern Flights = TopicPattern.Parse("flights.*");

    [Fact]
    public void Remember_WhenFull_ForgetsTheLeastRecentlyUsed()
    {
        var memory = new PeerMemory(2);
        memory.Remember(Topic("a"), At(1));
        memory.Remember(Topic("b"), At(2));
        Assert.Equal(At(1), memory.Acked(Topic("a")));
        Assert.False(memory.HasForgotten);

        memory.Remember(Topic("c"), At(3));

        Assert.True(memory.HasForgotten);
        Assert.True(memory.Acked(Topic("b")).IsNone);
        Assert.Equal(At(1), memory.Acked(Topic("a")));
    }

    [Fact]
    public void Remember_TakesALowerWordToo()
    {
        var memory = new PeerMemory(2);
        memory.Remember(Topic("a"), At(9));

        memory.Remember(Topic("a"), At(3));
        Assert.Equal(At(3), memory.Acked(Topic("a")));

        memory.Remember(Topic("a"), Position.None);
        Assert.True(memory.Acked(Topic("a")).IsNone);
        Assert.False(memory.HasForgotten);
    }

    [Fact]
    public void SetInterest_KeepsTheTimeOfAnUnbrokenWish()
    {
        var memory = new PeerMemory(2);
        memory.SetInterest([Orders, Flights], 100, unbroken: true);

        memory.SetInterest([Orders], 200, unbroken: true);
        Assert.Equal(100, memory.Since(Orders));
        Assert.Null(memory.Since(Flights));

        memory.SetInterest([Orders, Flights], 300, unbroken: true);
        Assert.Equal(100, memory.Since(Orders));
        Assert.Equal(300, memory.Since(Flights));

        memory.SetInterest([Orders], 400, unbroken: false);
        Assert.Equal(400, memory.Since(Orders));
    }

    private static TopicName Topic(string name) => TopicName.Parse(name);

    private static Position At(long sequence) => new(new Incarnation(1), sequence);
}
