using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Interest;

/// <summary>Tells the peer what this node wants: a snapshot after the handshakes, then what has changed.</summary>
/// <remarks>Frames are made when the writer has room, from what is wanted at that moment: interest that comes and goes meanwhile costs
/// nothing.</remarks>
internal sealed class LocalInterest(LinkContext context)
{
    /// <summary>Changes beyond this many are told as a snapshot.</summary>
    private const int MaxUpdates = 64;

    private readonly Queue<InterestUpdateFrame> _updates = new();
    private IReadOnlyList<TopicPattern> _patterns = [];
    private HashSet<string>? _told;
    private long _localVersion = long.MinValue;
    private long _version;
    private long _appliedVersion;
    private bool _isDirty;

    /// <summary>Whether the peer has applied everything. A reference peer does not say so: being told counts.</summary>
    public bool IsSynced => _told is not null && !IsPending && (context.IsReference || _appliedVersion == _version);

    private bool IsPending => _isDirty || _updates.Count > 0;

    public void Changed(LocalInterestChanged change)
    {
        if (change.Version <= _localVersion)
        {
            context.Hit(LinkBranch.LocalInterestOld);
            return;
        }

        context.Hit(LinkBranch.LocalInterestNew);
        _localVersion = change.Version;
        _patterns = change.Patterns;
        _isDirty = true;
    }

    /// <summary>The handshakes are done: a snapshot is due, even an empty one.</summary>
    public void Begin() => _isDirty = true;

    public void Applied(InterestAppliedFrame frame)
    {
        var isNew = frame.Version > _appliedVersion && frame.Version <= _version;
        context.Hit(isNew ? LinkBranch.InterestConfirmed : LinkBranch.InterestConfirmedOld);
        _appliedVersion = isNew ? frame.Version : _appliedVersion;
    }

    /// <summary>The next frame to send; null when the peer has been told everything.</summary>
    public LinkFrame? NextFrame()
    {
        if (_updates.TryDequeue(out var update))
        {
            return update;
        }

        if (!_isDirty)
        {
            return null;
        }

        _isDirty = false;
        var wanted = Forms();
        var told = _told;
        _told = wanted;
        if (told is null)
        {
            return Snapshot(wanted);
        }

        var changes = told.Except(wanted).Select(static gone => (Pattern: gone, IsSubscribe: false))
            .Concat(wanted.Except(told).Select(static added => (Pattern: added, IsSubscribe: true)))
            .ToArray();
        if (changes.Length > MaxUpdates)
        {
            return Snapshot(wanted);
        }

        context.Hit(changes.Length == 0 ? LinkBranch.InterestUnchanged : LinkBranch.InterestUpdateSent);
        foreach (var (pattern, isSubscribe) in changes.OrderBy(static change => change.Pattern, StringComparer.Ordinal))
        {
            _updates.Enqueue(new InterestUpdateFrame(context.Self.Node.Value, isSubscribe, pattern, ++_version));
        }

        return _updates.TryDequeue(out var first) ? first : null;
    }

    private InterestSnapshotFrame Snapshot(HashSet<string> wanted)
    {
        context.Hit(LinkBranch.InterestSnapshotSent);
        return new InterestSnapshotFrame(
            context.Self.Node.Value, [.. wanted.Order(StringComparer.Ordinal)], context.IsReference ? 0 : ++_version);
    }

    private HashSet<string> Forms() =>
        [.. context.IsReference ? _patterns.SelectMany(ReferencePatterns.Expand) : _patterns.Select(static pattern => pattern.Value)];
}
