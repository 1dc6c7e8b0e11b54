using EventMesh.Core.Identity;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Metrics;

namespace EventMesh.PeerLink.Sessions;

/// <summary>One link over one stream, as a pure state machine: inputs and a moment go in, outputs and frames come out.</summary>
/// <remarks>
/// <para>No threads, clocks, randomness or I/O: the same inputs give the same outputs. The owner makes all calls one after another, and after every
/// <see cref="Step"/> carries out the outputs in order, then takes frames with <see cref="NextFrame"/> while its writer has room.</para>
/// <para>Nothing here decides what is true: positions come from the logs of both sides. Whatever is lost with a session costs time, never an event.</para>
/// </remarks>
public sealed class LinkSession
{
    /// <summary>The version that this release speaks: major times 100 plus minor.</summary>
    public const uint ProtocolVersion = 100;

    private readonly ILinkProbe _probe;
    private readonly LinkRole _role;
    private readonly NodeId _expectedPeer;
    private HandshakeFrame? _handshake;

    /// <summary>Creates a session for a stream that is about to open.</summary>
    /// <param name="self">This node.</param>
    /// <param name="role">Which side of the stream it is on.</param>
    /// <param name="linkNumber">The number of the dial; zero for a listener.</param>
    /// <param name="expectedPeer">The node that was dialled; default when any node may answer.</param>
    /// <param name="options">The links' settings; validated.</param>
    /// <param name="probe">Hears the branches taken; null for none.</param>
    public LinkSession(
        NodeIdentity self, LinkRole role, long linkNumber, NodeId expectedPeer, LinkOptions options, ILinkProbe? probe = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _probe = probe ?? SilentProbe.Instance;
        _role = role;
        _expectedPeer = expectedPeer;
        _handshake = new HandshakeFrame(
            self.Node, ProtocolVersion, LinkFeatures.All, self.Incarnation, role == LinkRole.Dialer ? linkNumber : 0, options.CreditBytes);
    }

    /// <summary>Where the session is in its life.</summary>
    public LinkPhase Phase { get; private set; }

    /// <summary>How the link is.</summary>
    public LinkHealth Health { get; private set; }

    /// <summary>Who the peer is; null until its handshake.</summary>
    public LinkIdentity? Identity { get; private set; }

    /// <summary>What the link has done.</summary>
    public LinkCounters Counters { get; } = new();

    /// <summary>Whether the owner should give the peer's next frame now. False while the peer's events wait for room: then its stream is not read.</summary>
    public bool WantsFrames => Phase is not (LinkPhase.Identified or LinkPhase.Closed);

    /// <summary>Whether the peer has applied this node's newest interest.</summary>
    public bool IsInterestSynced { get; private set; }

    /// <summary>Round trip of the last heartbeat; null before the first.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>When to give <see cref="TimePassed"/> at the latest.</summary>
    public TimeSpan NextDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Takes one input and adds what follows from it to <paramref name="outputs"/>.</summary>
    public void Step(LinkInput input, LinkTime now, ICollection<LinkOutput> outputs)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(outputs);
        switch (input)
        {
            case StreamOpened:
                _probe.Hit(LinkBranch.Opened);
                Phase = LinkPhase.Handshake;
                break;
            case FrameReceived { Frame: HandshakeFrame frame } when _expectedPeer.IsEmpty || _expectedPeer == frame.Node:
                Phase = LinkPhase.Identified;
                Identity = new(new(frame.Node, frame.Incarnation), _role, frame.LinkNumber, !frame.Features.Contains(LinkFeatures.LogReplication));
                outputs.Add(new PeerIdentified(Identity.Value));
                break;
            default:
                Counters.FramesIgnored++;
                break;
        }
    }

    /// <summary>The next frame to write, control frames first; null when there is none now. Report each with <see cref="FrameSent"/> once it is taken.</summary>
    public LinkFrame? NextFrame(LinkTime now)
    {
        var due = Phase == LinkPhase.Handshake && _role == LinkRole.Dialer;
        var frame = due ? _handshake : null;
        _handshake = due ? null : _handshake;
        return frame;
    }
}
