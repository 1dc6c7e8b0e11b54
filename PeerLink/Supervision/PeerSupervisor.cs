using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Supervision;

/// <summary>One peer over all its links: when to dial it, which of two links stays, which of its lives is the newest, how it is, what is
/// remembered of it.</summary>
/// <remarks>
/// Pure and free of threads: the owner serialises the calls and does what they say. Links go by keys that the owner gives. At most one link is
/// current;
/// at most one dial is under way.
/// </remarks>
public sealed class PeerSupervisor
{
    private readonly NodeIdentity _self;
    private readonly LinkOptions _options;
    private readonly RedialSchedule _schedule;
    private readonly Action<HealthTransition> _onHealth;
    private (long Key, LinkIdentity Identity, TimeSpan Since)? _current;
    private Incarnation _newest;
    private long _lastLinkNumber;
    private bool _isDialing;
    private bool _peerDialsUs;
    private bool _everLinked;

    /// <summary>Creates the supervisor of <paramref name="peer"/>; <paramref name="dials"/>: whether this node has its address and dials
    /// it.</summary>
    /// <param name="self">This node.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="dials">Whether to dial.</param>
    /// <param name="options">The links' settings.</param>
    /// <param name="random">Numbers of 0 to below 1, for jitter.</param>
    /// <param name="onHealth">Hears every transition, within the call that causes it.</param>
    public PeerSupervisor(
        NodeIdentity self, NodeId peer, bool dials, LinkOptions options, Func<double> random, Action<HealthTransition>? onHealth = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _self = self;
        Peer = peer;
        Dials = dials;
        _options = options;
        _schedule = new RedialSchedule(options, random);
        _onHealth = onHealth ?? (static _ => { });
        Memory = new PeerMemory(options.RememberedTopics);
    }

    /// <summary>The peer.</summary>
    public NodeId Peer { get; }

    /// <summary>Whether this node dials the peer; the owner may change it when the address book does.</summary>
    public bool Dials { get; set; }

    /// <summary>What is remembered of the peer over its links.</summary>
    public PeerMemory Memory { get; }

    /// <summary>How the peer is.</summary>
    public LinkHealth Health { get; private set; }

    /// <summary>Links that were established after the first.</summary>
    public long Reconnects { get; private set; }

    /// <summary>The key of the current link; null while there is none.</summary>
    public long? CurrentLink => _current?.Key;

    /// <summary>Why this node no longer dials the peer (<c>DuplicateNodeId</c> or <c>SelfLink</c>); none while it does.</summary>
    public MeshErrorCode StoppedBy { get; private set; }

    /// <summary>When to call <see cref="TryBeginDial"/>; null while there is nothing to dial for.</summary>
    public TimeSpan? NextDialAt => Dials && _current is null && !_isDialing && StoppedBy == MeshErrorCode.None ? _schedule.NextDialAt : null;

    /// <summary>Begins a dial if it is time and no link or dial is there: dial with the number returned, then call <see cref="DialFailed"/>,
    /// <see cref="Identified"/> or <see cref="LinkEnded"/>. Null: do not dial.</summary>
    public long? TryBeginDial(LinkTime now)
    {
        if (NextDialAt is not { } at || at > now.Elapsed)
        {
            return null;
        }

        _isDialing = true;
        return _lastLinkNumber = Math.Max(_lastLinkNumber + 1, now.UnixMs);
    }

    /// <summary>The dial ended before the peer was identified: no connection, no handshake in time, a refusal.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="code">Why.</param>
    /// <param name="retryAfter">The peer's hint when to come back.</param>
    /// <param name="byPeer">Whether the peer refused.</param>
    public void DialFailed(LinkTime now, MeshErrorCode code, TimeSpan? retryAfter, bool byPeer)
    {
        _isDialing = false;
        StopIfHopeless(code, byPeer);
        _schedule.Failed(now.Elapsed, retryAfter);
    }

    /// <summary>Decides on a link whose peer has said who it is.</summary>
    /// <param name="key">The owner's key of the link.</param>
    /// <param name="identity">What the handshake told.</param>
    /// <param name="now">The moment.</param>
    public LinkVerdict Identified(long key, LinkIdentity identity, LinkTime now)
    {
        if (identity.Role == LinkRole.Dialer)
        {
            _isDialing = false;
        }

        if (identity.Peer.Incarnation < _newest)
        {
            if (identity.Role == LinkRole.Dialer)
            {
                _schedule.Failed(now.Elapsed, _options.BackoffMax);
            }

            return Refuse(
                MeshErrorCode.DuplicateNodeId,
                $"Node id '{identity.Peer.Node}' is in use by incarnation {_newest}, newer than {identity.Peer.Incarnation}: "
                + "two nodes carry one id, or a clock went back.");
        }

        if (_current is { } current && !Replaces(current.Identity, current.Since, identity, now))
        {
            return Refuse(MeshErrorCode.LinkClosed, "Another link between the two nodes stays.");
        }

        return Admit(key, identity, now);
    }

    /// <summary>The session of a link reports its health; only the current link's counts.</summary>
    public void HealthReported(long key, LinkHealth health, MeshErrorCode code, string message)
    {
        if (_current?.Key == key && health != LinkHealth.Disconnected)
        {
            Move(health, code, message);
        }
    }

    /// <summary>A link that was identified has ended. One that was refused or replaced changes nothing.</summary>
    public void LinkEnded(long key, CloseLink close, LinkTime now)
    {
        ArgumentNullException.ThrowIfNull(close);
        StopIfHopeless(close.Code, close.ByPeer);
        if (_current is not { } current || current.Key != key)
        {
            return;
        }

        _current = null;
        Move(LinkHealth.Disconnected, close.Code, close.Message);
        if (now.Elapsed - current.Since >= _options.HeartbeatInterval)
        {
            _schedule.Succeeded();
        }

        if (_peerDialsUs)
        {
            _schedule.LeaveToPeer(now.Elapsed);
        }
        else
        {
            _schedule.Failed(now.Elapsed, close.RetryAfter);
        }
    }

    /// <summary>Ends the wait for the next dial: an operator asked for it, or the address has changed. Also lifts a stop.</summary>
    public void DialNow()
    {
        StoppedBy = MeshErrorCode.None;
        _schedule.Now();
    }

    /// <summary>Takes what an earlier life of this node, or another silo of it, knew of the peer: older lives of it stay out, and the next dial gets a
    /// greater number.</summary>
    /// <param name="newest">The greatest incarnation of the peer that was linked.</param>
    /// <param name="lastLinkNumber">The greatest number of a dial of this node to it.</param>
    public void Recall(Incarnation newest, long lastLinkNumber)
    {
        _newest = newest > _newest ? newest : _newest;
        _lastLinkNumber = Math.Max(_lastLinkNumber, lastLinkNumber);
    }

    /// <summary>Forgets the peer's lives, and why it was no longer dialled: whatever comes under its id next is taken for it.</summary>
    public void Forget()
    {
        _newest = default;
        DialNow();
    }

    private static LinkVerdict Refuse(MeshErrorCode code, string message) => new(false, code, message, null, null, MeshErrorCode.None);

    private LinkVerdict Admit(long key, LinkIdentity identity, LinkTime now)
    {
        var replaced = _current?.Key;
        var code = _current is not { } current ? MeshErrorCode.None
            : current.Identity.Peer.Incarnation < identity.Peer.Incarnation ? MeshErrorCode.DuplicateNodeId
            : MeshErrorCode.LinkClosed;
        if (_everLinked && replaced is null)
        {
            Reconnects++;
        }

        _everLinked = true;
        _newest = identity.Peer.Incarnation;
        _peerDialsUs = identity.IsReference && identity.Role == LinkRole.Listener;
        _current = (key, identity, now.Elapsed);
        Move(LinkHealth.Healthy, MeshErrorCode.None, "");
        return new LinkVerdict(true, MeshErrorCode.None, "", null, replaced, code);
    }

    // A node dials only while it has no link. A peer of the same life that dials long after this link was established, when no dial from
    // before can still be under way, has lost it: it is half open, and only the peer knows yet.
    private bool Replaces(LinkIdentity current, TimeSpan since, LinkIdentity next, LinkTime now) =>
        LinkArbiter.Replaces(_self.Node, current, next)
        || (next.Role == LinkRole.Listener && now.Elapsed - since > _options.DialTimeout + _options.HandshakeTimeout);

    private void StopIfHopeless(MeshErrorCode code, bool byPeer)
    {
        if (code == MeshErrorCode.SelfLink || (code == MeshErrorCode.DuplicateNodeId && byPeer))
        {
            StoppedBy = code;
        }
    }

    private void Move(LinkHealth to, MeshErrorCode code, string message)
    {
        var from = Health;
        if (from != to)
        {
            Health = to;
            _onHealth(new HealthTransition(Peer, from, to, code, message));
        }
    }
}
