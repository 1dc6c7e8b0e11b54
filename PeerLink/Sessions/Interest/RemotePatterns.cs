using EventMesh.Core.Routing;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Interest;

/// <summary>The peer's interest as this node has applied it: which topics it wants, and since when.</summary>
internal sealed class RemotePatterns
{
    private readonly MatchSet<Since> _matches = new();
    private RoutingTable<Since> _table = new();

    /// <summary>The patterns.</summary>
    public IReadOnlyList<TopicPattern> All { get; private set; } = [];

    /// <summary>Replaces the patterns; <paramref name="since"/> gives the log's time at which each was first applied.</summary>
    public void Replace(IReadOnlyList<TopicPattern> patterns, Func<TopicPattern, long> since)
    {
        var table = new RoutingTable<Since>(Math.Max(1, patterns.Count));
        foreach (var pattern in patterns)
        {
            table.Add(pattern, new Since(since(pattern)));
        }

        _table = table;
        All = patterns;
    }

    /// <summary>The log's time since which the peer wants <paramref name="topic"/>; null when it does not. System topics never leave their
    /// node.</summary>
    public long? WantedSince(TopicName topic)
    {
        if (topic.IsSystem)
        {
            return null;
        }

        _table.Match(topic, _matches);
        long? earliest = null;
        foreach (var match in _matches.Targets)
        {
            earliest = earliest is { } time && time <= match.UnixMs ? time : match.UnixMs;
        }

        return earliest;
    }

    private sealed record Since(long UnixMs);
}
