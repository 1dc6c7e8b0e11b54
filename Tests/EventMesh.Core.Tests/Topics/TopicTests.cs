using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Topics;

public sealed class TopicTests
{
    private static readonly string Longest = new string('a', 127) + "." + new string('b', 127);

    [Theory]
    [InlineData("orders")]
    [InlineData("orders.eu.created")]
    [InlineData("A-Z.a_z.0-9")]
    [InlineData("$state.x")]
    public void ParseTopic_WhenValid_KeepsTheText(string text) => Assert.Equal(text, TopicName.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a b")]
    [InlineData("a.*")]
    [InlineData("a.>")]
    [InlineData("$")]
    [InlineData("$.a")]
    [InlineData("a.$b")]
    [InlineData("$$a")]
    [InlineData("größe")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    public void ParseTopic_WhenInvalid_IsANumberedError(string? text)
    {
        var error = Assert.Throws<EventMeshException>(() => TopicName.Parse(text));

        Assert.Equal(MeshErrorCode.InvalidTopic, error.Code);
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(TopicName.TryParse(text, out _));
    }

    [Theory]
    [InlineData("$state.peers", true)]
    [InlineData("$state", true)]
    [InlineData("$state2.x", true)]
    [InlineData("$dead.state", false)]
    [InlineData("state.peers", false)]
    public void IsState_IsTrueOfTheNodesStateAlone(string text, bool expected) => Assert.Equal(expected, TopicName.Parse(text).IsState);

    [Fact]
    public void Parse_AtTheLimitOfLength_TakesTheLastAllowedOnly()
    {
        Assert.Equal(255, TopicName.Parse(Longest).Value.Length);
        Assert.False(TopicName.TryParse(Longest + "b", out _));
        Assert.True(TopicPattern.TryParse(Longest, out _));
        Assert.False(TopicPattern.TryParse(Longest + "b", out _));
    }

    [Theory]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.*.b")]
    [InlineData("*.*")]
    [InlineData("a.>")]
    [InlineData("$state.>")]
    public void ParsePattern_WhenValid_KeepsTheText(string text) => Assert.Equal(text, TopicPattern.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(">.a")]
    [InlineData("a.>.b")]
    [InlineData("a*")]
    [InlineData("a.b>")]
    [InlineData("**")]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData("$*")]
    [InlineData("$>")]
    [InlineData("$*.a")]
    [InlineData("a b")]
    public void ParsePattern_WhenInvalid_IsANumberedError(string? text)
    {
        var error = Assert.Throws<EventMeshException>(() => TopicPattern.Parse(text));

        Assert.Equal(MeshErrorCode.InvalidPattern, error.Code);
        Assert.False(TopicPattern.TryParse(text, out _));
    }

    [Theory]
    [InlineData("*", "a", true)]
    [InlineData("*", "a.b", false)]
    [InlineData(">", "a.b.c", true)]
    [InlineData("a.>", "a", false)]
    [InlineData("a.>", "a.b", true)]
    [InlineData("*.b", "a.b", true)]
    [InlineData("a.*", "a", false)]
    [InlineData(">", "$state.x", false)]
    [InlineData("*.x", "$state.x", false)]
    [InlineData("$state.*", "$state.x", true)]
    [InlineData("$state.>", "$state.x.y", true)]
    [InlineData("a", "A", false)]
    public void Matches_FollowsTheRule(string pattern, string topic, bool expected) =>
        Assert.Equal(expected, TopicPattern.Parse(pattern).Matches(TopicName.Parse(topic)));

    [Fact]
    public void Matches_ForAnyPatternAndTopic_AgreesWithTheNaiveMatcher()
    {
        var pairs = TopicGenerators.Pattern.Zip(TopicGenerators.Topic).ToArbitrary();

        Prop.ForAll(pairs, pair => pair.Item1.Matches(pair.Item2) == TopicGenerators.NaiveMatches(pair.Item1.Value, pair.Item2.Value))
            .Holds(2000);
    }

    [Fact]
    public void Default_NamesNothingAndMatchesNothing()
    {
        Assert.Equal("", default(TopicName).Value);
        Assert.False(default(TopicPattern).Matches(TopicName.Parse("a")));
        Assert.False(TopicPattern.All.Matches(default));
    }
}
