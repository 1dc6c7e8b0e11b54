using EventMesh.Core.Errors;
using EventMesh.Core.Topics;

namespace EventMesh.Core.Routing;

/// <summary>Says which targets want a topic: a trie over the segments of patterns.</summary>
/// <remarks>
/// <para>Cost: <see cref="Add"/> and <see cref="Remove"/> take O(segments of the pattern + targets of that same pattern).
/// <see cref="Match"/> takes O(trie nodes that a prefix of the topic leads to + targets found), whatever else the table holds, and
/// allocates nothing once the set that is passed in has grown to its size.</para>
/// <para>Threads: any number may match, without locks, while others change; changes take turns. A match that runs beside a change sees the
/// table with or without it. <see cref="Version"/> moves after a change has become visible: a result cached under the version
/// read before the match is never newer than it claims.</para>
/// </remarks>
public sealed class RoutingTable<TTarget>
    where TTarget : notnull
{
    /// <summary>Patterns that a table holds unless told otherwise.</summary>
    public const int DefaultMaxPatterns = 1_000_000;

    private readonly Lock _gate = new();
    private readonly int _maxPatterns;
    private readonly RoutingNode<TTarget> _root = new();
    private readonly Dictionary<TTarget, RoutingTarget<TTarget>> _targets = [];
    private long _lastId;
    private long _version;
    private int _count;

    /// <summary>Creates an empty table for at most <paramref name="maxPatterns"/> pairs of pattern and target.</summary>
    public RoutingTable(int maxPatterns = DefaultMaxPatterns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPatterns, 1);
        _maxPatterns = maxPatterns;
    }

    /// <summary>Grows with every change of what matches.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Distinct pairs of pattern and target.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a pair; a pair that is there already is counted and needs as many removals.</summary>
    /// <returns>Whether the pair is new.</returns>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.TooMuchInterest"/>: the table is full; nothing changed.</exception>
    public bool Add(TopicPattern pattern, TTarget target)
    {
        lock (_gate)
        {
            var known = _targets.GetValueOrDefault(target);
            if (known is not null && Find(pattern) is { } existing && existing.Targets.AsSpan().Contains(known))
            {
                existing.Repeats ??= [];
                existing.Repeats[known] = existing.Repeats.GetValueOrDefault(known) + 1;
                return false;
            }

            if (_count >= _maxPatterns)
            {
                throw new EventMeshException(
                    MeshErrorCode.TooMuchInterest, $"Pattern '{pattern}' would be number {_count + 1}; the limit is {_maxPatterns}.");
            }

            var node = _root;
            foreach (var range in Segments(pattern))
            {
                node = node.GetOrAddChild(pattern.Value.AsSpan()[range]);
            }

            var added = known ?? Register(target);
            node.Targets = [.. node.Targets, added];
            added.Patterns++;
            Changed(+1);
            return true;
        }
    }

    /// <summary>Takes back one <see cref="Add"/>. Branches that lead nowhere any more are cut.</summary>
    /// <returns>Whether the pair is gone: false while it was added more often than removed, or was never there.</returns>
    public bool Remove(TopicPattern pattern, TTarget target)
    {
        lock (_gate)
        {
            if (!_targets.TryGetValue(target, out var known) || Find(pattern) is not { } node || !node.Targets.AsSpan().Contains(known))
            {
                return false;
            }

            if (node.Repeats is { } repeats && repeats.TryGetValue(known, out var more))
            {
                if (more > 1)
                {
                    repeats[known] = more - 1;
                }
                else
                {
                    repeats.Remove(known);
                }

                return false;
            }

            node.Targets = Array.FindAll(node.Targets, other => other != known);
            if (--known.Patterns == 0)
            {
                _targets.Remove(target);
            }

            Prune(_root, pattern.Value);
            Changed(-1);
            return true;
        }
    }

    /// <summary>Fills <paramref name="matches"/> with the targets of every pattern that matches <paramref name="topic"/>, each once.</summary>
    public void Match(TopicName topic, MatchSet<TTarget> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        matches.Clear();
        var name = topic.Value.AsSpan();
        if (!name.IsEmpty)
        {
            Visit(_root, name, wildcards: !topic.IsSystem, matches);
        }
    }

    private static void Visit(RoutingNode<TTarget> node, ReadOnlySpan<char> rest, bool wildcards, MatchSet<TTarget> matches)
    {
        if (wildcards && node.Tail is { } tail)
        {
            Collect(tail, matches);
        }

        var dot = rest.IndexOf('.');
        var segment = dot < 0 ? rest : rest[..dot];
        var literal = node.Literals?.Find(segment);
        var star = wildcards ? node.Star : null;
        if (dot < 0)
        {
            Collect(literal, matches);
            Collect(star, matches);
            return;
        }

        rest = rest[(dot + 1)..];
        if (literal is not null)
        {
            Visit(literal, rest, wildcards: true, matches);
        }

        if (star is not null)
        {
            Visit(star, rest, wildcards: true, matches);
        }
    }

    private static void Collect(RoutingNode<TTarget>? node, MatchSet<TTarget> matches)
    {
        if (node is null)
        {
            return;
        }

        foreach (var target in node.Targets)
        {
            matches.Add(target.Id, target.Target);
        }
    }

    private static MemoryExtensions.SpanSplitEnumerator<char> Segments(TopicPattern pattern)
    {
        if (pattern.Value.Length == 0)
        {
            throw new ArgumentException("The default pattern names nothing.", nameof(pattern));
        }

        return pattern.Value.AsSpan().Split('.');
    }

    private RoutingNode<TTarget>? Find(TopicPattern pattern)
    {
        var node = _root;
        foreach (var range in Segments(pattern))
        {
            node = node.Child(pattern.Value.AsSpan()[range]);
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }

    private RoutingTarget<TTarget> Register(TTarget target)
    {
        var added = new RoutingTarget<TTarget>(target, ++_lastId);
        _targets.Add(target, added);
        return added;
    }

    private static void Prune(RoutingNode<TTarget> node, ReadOnlySpan<char> rest)
    {
        var dot = rest.IndexOf('.');
        var segment = dot < 0 ? rest : rest[..dot];
        var child = node.Child(segment)!;
        if (dot >= 0)
        {
            Prune(child, rest[(dot + 1)..]);
        }

        if (child.IsEmpty)
        {
            node.RemoveChild(segment);
        }
    }

    private void Changed(int by)
    {
        Volatile.Write(ref _count, _count + by);
        Volatile.Write(ref _version, _version + 1);
    }
}
