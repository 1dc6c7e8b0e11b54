using EventMesh.Core.Errors;
using EventMesh.Core.Identity;

namespace EventMesh.Core.Tests.Identity;

public sealed class IdentityTests
{
    private static Position At(long incarnation, long sequence) => new(new Incarnation(incarnation), sequence);

    [Fact]
    public void Position_IsOrderedByIncarnationThenSequence_NoneFirst()
    {
        Position[] ascending = [Position.None, At(1, 0), At(1, 9), At(2, 0), At(2, 5), At(3, 1)];

        Assert.Equal(ascending, ascending.Reverse().Order());
        for (var i = 0; i < ascending.Length; i++)
        {
            for (var j = 0; j < ascending.Length; j++)
            {
                Assert.Equal((i < j, i <= j, i > j, i >= j), (ascending[i] < ascending[j], ascending[i] <= ascending[j], ascending[i] > ascending[j], ascending[i] >= ascending[j]));
            }
        }
    }

    [Fact]
    public void Position_None_IsTheDefaultAndPrecedesSequenceZero()
    {
        Assert.Equal((true, -1L, 0L, "none"), (Position.None.IsNone, Position.None.Sequence, Position.None.NextSequence, Position.None.ToString()));
        Assert.Equal((false, 0L, 1L, "4/0"), (At(4, 0).IsNone, At(4, 0).Sequence, At(4, 0).NextSequence, At(4, 0).ToString()));
    }

    [Fact]
    public void Position_WhenOutOfRange_IsMisuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => At(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => At(0, 1));
        Assert.Throws<OverflowException>(() => At(1, long.MaxValue));
    }

    [Fact]
    public void NextIncarnation_IsTheClockOrJustAboveTheLast()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1000);

        Assert.Equal(1000, Incarnation.Next(default, now).Value);
        Assert.Equal(1001, Incarnation.Next(new Incarnation(1000), now).Value);
        Assert.Equal(5001, Incarnation.Next(new Incarnation(5000), now).Value);
    }

    [Theory]
    [InlineData("west")]
    [InlineData("eu-1.example_2")]
    [InlineData("A")]
    public void NodeId_WhenValid_KeepsTheText(string text) => Assert.Equal(text, NodeId.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("köln")]
    [InlineData("a\r\nb")]
    public void NodeId_WhenInvalid_IsANumberedError(string? text) =>
        Assert.Equal(MeshErrorCode.InvalidNodeId, Assert.Throws<EventMeshException>(() => NodeId.Parse(text)).Code);

    [Fact]
    public void NodeId_AtTheLimitOfLength_TakesTheLastAllowedOnly()
    {
        Assert.True(NodeId.TryParse(new string('n', NodeId.MaxLength), out _));
        Assert.False(NodeId.TryParse(new string('n', NodeId.MaxLength + 1), out _));
    }

    [Fact]
    public void Clip_ReplacesControlCharactersAndBoundsTheLength()
    {
        Assert.Equal("a?b?", Printable.Clip("a\nb\u001b"));
        Assert.Equal(Printable.MaxLength + 3, Printable.Clip(new string('x', 10_000)).Length);
        Assert.Equal("", Printable.Clip(null));
    }
}
