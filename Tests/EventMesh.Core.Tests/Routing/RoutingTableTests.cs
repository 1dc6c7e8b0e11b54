using EventMesh.Core.Errors;
using EventMesh.Core.Routing;
using EventMesh.Core.Tests.Topics;
using EventMesh.Core.Topics;
using EventMesh.TestKit;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Routing;

public sealed class RoutingTableTests
{
    private readonly RoutingTable<string> _table = new();
    private readonly MatchSet<string> _matches = new();

    private string Match(string topic)
    {
        _table.Match(TopicName.Parse(topic), _matches);
        return string.Join(' ', _matches.Targets.ToArray().Order(StringComparer.Ordinal));
    }

    private bool Add(string pattern, string target) => _table.Add(TopicPattern.Parse(pattern), target);

    private bool Remove(string pattern, string target) => _table.Remove(TopicPattern.Parse(pattern), target);

    [Fact]
    public void Match_WhenSeveralPatternsOfATargetMatch_ReportsItOnce()
    {
        foreach (var pattern in new[] { ">", "a.>", "a.*", "*.b", "a.b" })
        {
            Add(pattern, "x");
        }

        Add("a.b", "y");

        Assert.Equal("x y", Match("a.b"));
    }

    [Fact]
    public void Match_OfASystemTopic_IgnoresLeadingWildcardsOnly()
    {
        Add(">", "all");
        Add("*.x", "star");
        Add("$state.*", "state");
        Add("$state.>", "tail");

        Assert.Equal("state tail", Match("$state.x"));
    }

    [Fact]
    public void Remove_TakesAsManyTimesAsAdd()
    {
        Assert.True(Add("a.*", "x"));
        Assert.False(Add("a.*", "x"));

        Assert.False(Remove("a.*", "x"));
        Assert.Equal("x", Match("a.b"));
        Assert.True(Remove("a.*", "x"));

        Assert.Equal("", Match("a.b"));
        Assert.False(Remove("a.*", "x"));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Remove_OfWhatIsNotThere_ChangesNothing()
    {
        Add("a.b", "x");
        var version = _table.Version;

        Assert.False(Remove("a.b", "y"));
        Assert.False(Remove("a.b.c", "x"));
        Assert.False(Remove("a", "x"));

        Assert.Equal((version, "x"), (_table.Version, Match("a.b")));
    }

    [Fact]
    public void Version_MovesWithEveryChangeOfWhatMatches()
    {
        var versions = new List<long> { _table.Version };
        Add("a", "x");
        versions.Add(_table.Version);
        Add("a", "x");
        Assert.Equal(versions[^1], _table.Version);
        Remove("a", "x");
        Assert.Equal(versions[^1], _table.Version);
        Remove("a", "x");
        versions.Add(_table.Version);

        Assert.Equal(versions.Distinct().Order(), versions);
    }

    [Fact]
    public void Add_BeyondTheLimit_IsRefusedAndLeavesTheTableAsItWas()
    {
        var table = new RoutingTable<string>(maxPatterns: 2);
        table.Add(TopicPattern.Parse("a"), "x");
        table.Add(TopicPattern.Parse("a"), "y");

        var error = Assert.Throws<EventMeshException>(() => table.Add(TopicPattern.Parse("b.c"), "x"));

        Assert.Equal(MeshErrorCode.TooMuchInterest, error.Code);
        Assert.Equal(2, table.Count);
        Assert.False(table.Add(TopicPattern.Parse("a"), "x"));
    }

    [Fact]
    public void Add_OfTheDefaultPattern_IsMisuse() => Assert.Throws<ArgumentException>(() => _table.Add(default, "x"));

    [Fact]
    public void Match_AfterAnyChanges_AgreesWithAScanOfAllPatterns()
    {
        var change = from pattern in TopicGenerators.Pattern
                     from target in Gen.Choose(0, 30)
                     from isAdd in Gen.Frequency((3, Gen.Constant(true)), (2, Gen.Constant(false)))
                     select (pattern, target, isAdd);
        var runs = change.ListOf().Zip(TopicGenerators.Topic.ListOf(10)).ToArbitrary();

        Prop.ForAll(runs, run => AgreesWithScan([.. run.Item1], [.. run.Item2])).Holds(500);
    }

    private static bool AgreesWithScan(List<(TopicPattern Pattern, int Target, bool IsAdd)> changes, List<TopicName> topics)
    {
        var table = new RoutingTable<int>();
        var model = new List<(TopicPattern Pattern, int Target)>();
        var matches = new MatchSet<int>();
        foreach (var (pattern, target, isAdd) in changes)
        {
            if (isAdd)
            {
                table.Add(pattern, target);
                model.Add((pattern, target));
            }
            else
            {
                table.Remove(pattern, target);
                model.Remove((pattern, target));
            }
        }

        return table.Count == model.Distinct().Count() && topics.TrueForAll(topic =>
        {
            table.Match(topic, matches);
            var expected = model.Where(pair => TopicGenerators.NaiveMatches(pair.Pattern.Value, topic.Value)).Select(pair => pair.Target).Distinct();
            return matches.Targets.ToArray().Order().SequenceEqual(expected.Order());
        });
    }

    [Fact]
    public void Match_WhenManyTargetsMatchManyTimes_ReportsEachOnce() => SeededRandom.Run(1, 20, random =>
    {
        var table = new RoutingTable<int>();
        var matches = new MatchSet<int>();
        var targets = random.Next(10, 400);
        foreach (var pattern in new[] { ">", "a.>", "*.b", "a.b", "a.*", "*.*" })
        {
            foreach (var target in Enumerable.Range(0, targets).OrderBy(_ => random.Next()))
            {
                table.Add(TopicPattern.Parse(pattern), target);
            }
        }

        for (var i = 0; i < 3; i++)
        {
            table.Match(TopicName.Parse("a.b"), matches);
            Assert.Equal(Enumerable.Range(0, targets), matches.Targets.ToArray().Order());
        }
    });

    [Fact]
    public void Match_WhenTheSetIsWarm_AllocatesNothing()
    {
        for (var i = 0; i < 1000; i++)
        {
            Add($"s{i}.*.x", $"t{i % 40}");
            Add("*.b.>", $"t{i % 40}");
        }

        var topic = TopicName.Parse("s7.b.x");
        _table.Match(topic, _matches);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            _table.Match(topic, _matches);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(40, _matches.Count);
    }

    [Fact]
    public void Remove_CutsBranchesThatLeadNowhere()
    {
        Add("kept.*", "x");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 50_000; i++)
        {
            Add($"a{i}.*.b{i}.>", "y");
            Assert.True(Remove($"a{i}.*.b{i}.>", "y"));
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 2_000_000);
        Assert.Equal("x", Match("kept.a"));
    }

    [Fact]
    public async Task Match_BesideChanges_AlwaysFindsWhatStays()
    {
        for (var i = 0; i < 50; i++)
        {
            Add($"s{i}.*", $"stays{i}");
        }

        var stop = 0;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var matches = new MatchSet<string>();
            var rounds = 0;
            for (; Volatile.Read(ref stop) == 0 || rounds < 100; rounds++)
            {
                FindWhatStays(rounds % 50, matches);
            }

            return rounds;
        })).ToList();
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var pattern = $"s{random.Next(80)}.{(random.Next(2) == 0 ? "*" : "x" + random.Next(20))}";
            Add(pattern, "comes");
            Remove(pattern, "comes");
        }

        Volatile.Write(ref stop, 1);
        Assert.All(await Task.WhenAll(readers), rounds => Assert.True(rounds >= 100));

        void FindWhatStays(int i, MatchSet<string> matches)
        {
            _table.Match(TopicName.Parse($"s{i}.x"), matches);
            Assert.Contains($"stays{i}", matches.Targets.ToArray());
        }
    }
}
