using EventMesh.Core.Errors;
using EventMesh.Core.Routing;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Why a pattern is in a silo's set.</summary>
internal enum InterestKind
{
    /// <summary>A session wants it: announced to peers.</summary>
    Wanted,

    /// <summary>A peer wants it: only for wake-ups.</summary>
    Woken,
}

/// <summary>Everything that this silo knows of the node's interest: its own targets, and the sets of the other silos. Thread-safe.</summary>
/// <remarks>Changes take turns under one lock; matching takes none. The callbacks are called outside the lock.</remarks>
internal sealed class InterestTable(
    NodeInstruments instruments, [FromKeyedServices(MeshTime.Key)] TimeProvider time, ILogger<InterestTable> logger)
{
    private readonly Lock _gate = new();
    private readonly RoutingTable<IWakeTarget> _routes = new();
    private readonly Dictionary<TopicPattern, LocalPattern> _local = [];
    private readonly Dictionary<string, RemoteSilo> _remotes = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicPattern, int> _wanted = [];
    private Action[] _listeners = [];
    private NodeInterest? _interest;
    private long _interestVersion;
    private long _localVersion = 1;

    /// <summary>Called when the local set has changed and has to be stated.</summary>
    public Action OnLocalChange { get; set; } = static () => { };

    /// <summary>Version of the local set.</summary>
    public long LocalVersion => Volatile.Read(ref _localVersion);

    /// <summary>What the node's sessions want, on all silos.</summary>
    public NodeInterest Interest
    {
        get
        {
            lock (_gate)
            {
                return _interest ??= new NodeInterest(_interestVersion, [.. _wanted.Keys.Order()]);
            }
        }
    }

    /// <summary>Fills <paramref name="matches"/> with who wants to hear of <paramref name="topic"/>.</summary>
    public void Match(TopicName topic, MatchSet<IWakeTarget> matches) => _routes.Match(topic, matches);

    /// <summary>Calls <paramref name="onChange"/> after <see cref="Interest"/> has changed, until disposed.</summary>
    public IDisposable OnInterestChanged(Action onChange)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners, onChange];
        }

        return new Listener(this, onChange);
    }

    /// <summary>Adds a target of this silo under distinct <paramref name="patterns"/>.</summary>
    /// <returns>The version of the local set that holds them all: who waits until it is applied has passed the gate.</returns>
    /// <exception cref="EventMeshException"><c>TooMuchInterest</c>; nothing was added.</exception>
    public long Add(IReadOnlyCollection<TopicPattern> patterns, IWakeTarget target, InterestKind kind)
    {
        long version;
        var before = Mark();
        lock (_gate)
        {
            AddRoutes(patterns, target);
            var next = _localVersion + 1;
            version = patterns.Select(pattern => Count(pattern, kind, next)).DefaultIfEmpty(0).Max();
            _localVersion = Math.Max(_localVersion, version);
        }

        Announce(before);
        return version;
    }

    /// <summary>Takes back what <see cref="Add"/> added.</summary>
    public void Remove(IReadOnlyCollection<TopicPattern> patterns, IWakeTarget target, InterestKind kind)
    {
        var before = Mark();
        lock (_gate)
        {
            var hasChanged = false;
            foreach (var pattern in patterns)
            {
                _routes.Remove(pattern, target);
                hasChanged |= Uncount(pattern, kind);
            }

            _localVersion += hasChanged ? 1 : 0;
        }

        Announce(before);
    }

    /// <summary>This silo's set, to be stated.</summary>
    public InterestSet LocalSet(string silo, ISiloObserver observer)
    {
        lock (_gate)
        {
            return new InterestSet(silo, _localVersion, Names(InterestKind.Wanted), Names(InterestKind.Woken), observer);
        }
    }

    /// <summary>Takes another silo's set; an older one than is known changes nothing.</summary>
    public void Apply(InterestSet set)
    {
        var before = Mark();
        lock (_gate)
        {
            var isNew = !_remotes.TryGetValue(set.Silo, out var remote);
            remote ??= new RemoteSilo(set.Silo, instruments, time, logger);
            if (!isNew && remote.Set!.Version >= set.Version)
            {
                return;
            }

            Replace(remote, set);
            remote.Take(set);
            _remotes[set.Silo] = remote;
        }

        Announce(before);
    }

    /// <summary>Drops the sets of the silos that <paramref name="isGone"/> names.</summary>
    public void Drop(Func<string, bool> isGone)
    {
        var before = Mark();
        lock (_gate)
        {
            foreach (var silo in _remotes.Keys.Where(isGone).ToList())
            {
                _remotes.Remove(silo, out var remote);
                Replace(remote!, null);
                remote!.Leave();
            }
        }

        Announce(before);
    }

    private static IEnumerable<TopicPattern> Patterns(InterestSet? set) =>
        set is null ? [] : set.Wanted.Concat(set.Woken).Distinct(StringComparer.Ordinal).Select(TopicPattern.Parse);

    private static IEnumerable<TopicPattern> Wanted(InterestSet? set) => set is null ? [] : set.Wanted.Select(TopicPattern.Parse);

    /// <summary>Adds what is new before it removes what is old, so that nothing in both is ever missing.</summary>
    private void Replace(RemoteSilo remote, InterestSet? next)
    {
        var old = Patterns(remote.Set).ToHashSet();
        var now = Patterns(next).ToHashSet();
        AddRoutes([.. now.Except(old)], remote);
        foreach (var pattern in old.Except(now))
        {
            _routes.Remove(pattern, remote);
        }

        foreach (var pattern in Wanted(next).ToList())
        {
            Want(pattern, +1);
        }

        foreach (var pattern in Wanted(remote.Set).ToList())
        {
            Want(pattern, -1);
        }
    }

    private void AddRoutes(IReadOnlyCollection<TopicPattern> patterns, IWakeTarget target)
    {
        var added = new List<TopicPattern>(patterns.Count);
        try
        {
            foreach (var pattern in patterns)
            {
                _routes.Add(pattern, target);
                added.Add(pattern);
            }
        }
        catch (EventMeshException)
        {
            added.ForEach(pattern => _routes.Remove(pattern, target));
            throw;
        }
    }

    /// <summary>Counts a use of <paramref name="pattern"/>; the result is the local version since which it is in the set.</summary>
    private long Count(TopicPattern pattern, InterestKind kind, long next)
    {
        var local = _local.GetValueOrDefault(pattern) ?? (_local[pattern] = new LocalPattern());
        ref var use = ref local[kind];
        if (use.Count++ == 0)
        {
            use.Since = next;
            Want(pattern, kind == InterestKind.Wanted ? +1 : 0);
        }

        return use.Since;
    }

    private bool Uncount(TopicPattern pattern, InterestKind kind)
    {
        var local = _local[pattern];
        if (--local[kind].Count > 0)
        {
            return false;
        }

        if (local.IsUnused)
        {
            _local.Remove(pattern);
        }

        Want(pattern, kind == InterestKind.Wanted ? -1 : 0);
        return true;
    }

    private void Want(TopicPattern pattern, int change)
    {
        var before = _wanted.GetValueOrDefault(pattern);
        var after = before + change;
        if (after == 0)
        {
            _wanted.Remove(pattern);
        }
        else
        {
            _wanted[pattern] = after;
        }

        if ((before == 0) != (after == 0))
        {
            _interest = null;
            _interestVersion++;
        }
    }

    private string[] Names(InterestKind kind) => [.. _local.Where(entry => entry.Value[kind].Count > 0).Select(static entry => entry.Key.Value)];

    private (long Local, long Node) Mark()
    {
        lock (_gate)
        {
            return (_localVersion, _interestVersion);
        }
    }

    private void Announce((long Local, long Node) before)
    {
        var now = Mark();
        if (now.Local != before.Local)
        {
            OnLocalChange();
        }

        if (now.Node != before.Node)
        {
            Array.ForEach(Volatile.Read(ref _listeners), static listener => listener());
        }
    }

    private struct Use
    {
        public int Count;
        public long Since;
    }

    private sealed class LocalPattern
    {
        private Use _wanted;
        private Use _woken;

        public bool IsUnused => _wanted.Count == 0 && _woken.Count == 0;

        public ref Use this[InterestKind kind] => ref kind == InterestKind.Wanted ? ref _wanted : ref _woken;
    }

    private sealed class Listener(InterestTable table, Action onChange) : IDisposable
    {
        public void Dispose()
        {
            lock (table._gate)
            {
                table._listeners = Array.FindAll(table._listeners, listener => listener != onChange);
            }
        }
    }
}
