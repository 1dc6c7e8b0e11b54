using System.Globalization;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Core.Routing;
using EventMesh.Core.Topics;

namespace EventMesh.Benchmarks.Routing;

/// <summary>Finding who wants a topic, against asking every pattern.</summary>
internal sealed class RoutingBenchmark : IBenchmark
{
    private const int Topics = 1_000;
    private static readonly int[] Counts = [100, 10_000];

    public string Name => "routing";

    public string Summary => "who wants a topic: the routing table against asking every pattern in turn";

    public ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        var cases = new List<Case> { TableCase("table, no patterns", [], null) };
        foreach (var count in Counts)
        {
            var none = Numbers(count).SelectMany(static i => new[] { $"*.x{i}.>", $"orders.*.x{i}" }).Take(count).Select(TopicPattern.Parse).ToArray();
            var one = Numbers(count).Select(static i => TopicPattern.Parse($"*.r{i}.*")).ToArray();
            var ten = Numbers(count).Select(static i => TopicPattern.Parse($"*.r{i / 10}.>")).ToArray();
            var control = string.Create(CultureInfo.InvariantCulture, $"control: scan, {count:N0} wildcards, none match");
            cases.Add(ScanCase(control, none));
            cases.Add(TableCase(string.Create(CultureInfo.InvariantCulture, $"table, {count:N0} wildcards, none match"), none, control));
            cases.Add(TableCase(string.Create(CultureInfo.InvariantCulture, $"table, {count:N0} wildcards, 1 matches"), one, control));
            cases.Add(TableCase(string.Create(CultureInfo.InvariantCulture, $"table, {count:N0} wildcards, 10 match"), ten, control));
        }

        return new(cases);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IEnumerable<int> Numbers(int count) => Enumerable.Range(0, count);

    /// <summary>Topics of which each is matched by as many of the patterns as the others are.</summary>
    private static TopicName[] TopicsFor(int patterns) =>
        [.. Numbers(Math.Clamp(patterns / 10, 1, Topics)).Select(static i => TopicName.Parse($"orders.r{i}.created"))];

    private static Case TableCase(string load, TopicPattern[] patterns, string? control)
    {
        var table = new RoutingTable<string>();
        for (var i = 0; i < patterns.Length; i++)
        {
            table.Add(patterns[i], $"target {i}");
        }

        var topics = TopicsFor(patterns.Length);
        var matches = new MatchSet<string>();
        var found = 0L;
        return new Case(load, "lookups/s", (duration, _) => Loop.Run(duration, () =>
        {
            for (var i = 0; i < Topics; i++)
            {
                table.Match(topics[i % topics.Length], matches);
                found += matches.Count;
            }

            return Topics;
        }), control);
    }

    private static Case ScanCase(string load, TopicPattern[] patterns)
    {
        var topics = TopicsFor(patterns.Length);
        var next = 0;
        var found = 0L;
        return new Case(load, "lookups/s", (duration, _) => Loop.Run(duration, () =>
        {
            var topic = topics[next++ % topics.Length];
            foreach (var pattern in patterns)
            {
                found += pattern.Matches(topic) ? 1 : 0;
            }

            return 1;
        }));
    }
}
