using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Metrics;
using EventMesh.PeerLink.Sessions.Interest;
using EventMesh.PeerLink.Sessions.Receiving;
using EventMesh.PeerLink.Sessions.Sending;

namespace EventMesh.PeerLink.Sessions;

/// <summary>One link over one stream, as a pure state machine: inputs and a moment go in, outputs and frames come out.</summary>
/// <remarks>
/// <para>No threads, clocks, randomness or I/O: the same inputs give the same outputs. The owner makes all calls one after another, and after every
/// <see cref="Step"/> carries out the outputs in order, then takes frames with <see cref="NextFrame"/> while its writer has room.</para>
/// <para>Nothing here decides what is true: positions come from the logs of both sides. Whatever is lost with a session costs time, never an
/// event.</para>
/// <para>Errors have the radius of the stream: a peer that breaks a rule is told so and the link closes; what it said before stays valid.</para>
/// </remarks>
public sealed partial class LinkSession
{
    /// <summary>The version that this release speaks: major times 100 plus minor.</summary>
    public const uint ProtocolVersion = 100;

    private readonly LinkContext _context;
    private readonly LinkRole _role;
    private readonly long _linkNumber;
    private readonly NodeId _expectedPeer;
    private readonly Liveness _liveness;
    private readonly SendLanes _lanes;
    private readonly LocalInterest _localInterest;
    private readonly RemotePatterns _remotePatterns = new();
    private readonly RemoteInterest _remoteInterest;
    private readonly TopicPump _pump;
    private readonly ReplicaIntake _intake;
    private readonly EventIngest _ingest;
    private readonly StallWatch _stalls;

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
        _context = new LinkContext(self, options, probe ?? SilentProbe.Instance);
        _role = role;
        _linkNumber = role == LinkRole.Dialer ? linkNumber : 0;
        _expectedPeer = expectedPeer;
        _liveness = new Liveness(_context);
        _lanes = new SendLanes(_context);
        _localInterest = new LocalInterest(_context);
        _remoteInterest = new RemoteInterest(_context, _remotePatterns);
        _pump = new TopicPump(_context, _lanes, _remotePatterns);
        _intake = new ReplicaIntake(_context, _lanes);
        _ingest = new EventIngest(_context);
        _stalls = new StallWatch(_context, _lanes, _pump);
    }

    /// <summary>Where the session is in its life.</summary>
    public LinkPhase Phase { get; private set; }

    /// <summary>How the link is.</summary>
    public LinkHealth Health { get; private set; }

    /// <summary>Who the peer is; null until its handshake.</summary>
    public LinkIdentity? Identity { get; private set; }

    /// <summary>What the link has done.</summary>
    public LinkCounters Counters => _context.Counters;

    /// <summary>Whether the owner should give the peer's next frame now. False while the peer's events wait for room: then its stream is not
    /// read.</summary>
    public bool WantsFrames =>
        Phase is LinkPhase.Handshake or LinkPhase.Closing || (Phase == LinkPhase.Established && !_ingest.IsFull);

    /// <summary>Whether the owner may write several frames to the peer as one <see cref="BundleFrame"/>.</summary>
    public bool PeerTakesBundles =>
        Phase == LinkPhase.Established && _peerHandshake!.Features.Contains(LinkFeatures.Bundles, StringComparer.Ordinal);

    /// <summary>Whether the peer has applied this node's newest interest.</summary>
    public bool IsInterestSynced => Phase == LinkPhase.Established && _localInterest.IsSynced;

    /// <summary>The peer's interest as this node has applied it.</summary>
    public IReadOnlyList<TopicPattern> RemoteInterest => _remotePatterns.All;

    /// <summary>Round trip of the last heartbeat; null before the first.</summary>
    public TimeSpan? RoundTrip => _liveness.RoundTrip;

    /// <summary>Frames in the send queue.</summary>
    public int QueuedFrames => _lanes.QueuedFrames;

    /// <summary>Bytes of events in the send queue.</summary>
    public long QueuedBytes => _lanes.QueuedBytes;

    /// <summary>Bytes of events sent for which the peer has not given credit back.</summary>
    public long OutstandingBytes => _lanes.Credit.Outstanding;

    /// <summary>Events that the peer wants and has not acknowledged, as far as this link has looked. Takes time with the number of topics.</summary>
    public long LagEvents => _pump.LagEvents;

    /// <summary>How far the peer is behind, as far as this link has looked. Takes time with the number of topics: measure it once a heartbeat.</summary>
    public LinkLag MeasureLag(LinkTime now) =>
        new(_pump.LagEvents, QueuedBytes + OutstandingBytes, _pump.OldestLag is { } since ? now.Elapsed - since : TimeSpan.Zero);

    /// <summary>Entries of tables and queues that grow with topics and the peer's answers; for tests of their bounds.</summary>
    internal int TrackedEntries => _pump.TrackedEntries + _intake.TrackedEntries + _lanes.QueuedFrames;

    /// <summary>When to give <see cref="TimePassed"/> at the latest.</summary>
    public TimeSpan NextDeadline => Phase switch
    {
        LinkPhase.Handshake or LinkPhase.Identified => _handshakeDeadline,
        LinkPhase.Established => EstablishedDeadline(),
        LinkPhase.Closing => _closeDeadline,
        _ => TimeSpan.MaxValue,
    };

    /// <summary>Takes one input and adds what follows from it to <paramref name="outputs"/>.</summary>
    /// <exception cref="InvalidOperationException">The owner gave an input that cannot be now, such as a frame before the peer was
    /// admitted.</exception>
    public void Step(LinkInput input, LinkTime now, ICollection<LinkOutput> outputs)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(outputs);
        if (Phase == LinkPhase.Closed)
        {
            return;
        }

        _context.Begin(now, outputs);
        Take(input);
        if (_context.Violation is { } violation)
        {
            Fail(violation.Code, violation.Message);
        }

        PassTime();
        _context.End();
    }

    /// <summary>The next frame to write, control frames first; null when there is none now. Report each with <see cref="FrameSent"/> once it is
    /// taken.</summary>
    public LinkFrame? NextFrame(LinkTime now)
    {
        _context.Begin(now);
        return Phase switch
        {
            LinkPhase.Handshake => _lanes.NextControl(),
            LinkPhase.Established => NextControlFrame() ?? NextEvents() ?? _lanes.NextBestEffort(),
            LinkPhase.Closing => NextClosingFrame(),
            _ => null,
        };
    }

    private void Take(LinkInput input)
    {
        switch (input)
        {
            case FrameReceived { Frame: var frame }:
                Receive(frame);
                break;
            case FrameSent:
                _lanes.Sent();
                break;
            case TimePassed:
                break;
            case LocalInterestChanged change:
                _localInterest.Changed(change);
                break;
            case StreamOpened:
                Open();
                break;
            case PeerAdmitted admission:
                Admit(admission);
                break;
            case StreamEnded ended:
                _context.Hit(ended.Code == MeshErrorCode.None ? LinkBranch.StreamEnded : LinkBranch.StreamBroken);
                Finish(ended.Code == MeshErrorCode.None ? MeshErrorCode.LinkClosed : ended.Code, ended.Message, null, byPeer: true);
                break;
            case CloseRequested request:
                BeginClose(request.Code, request.Message, request.RetryAfter, request.Drain && Phase == LinkPhase.Established);
                break;
            case ItemsReplicated outcome:
                _intake.Replicated(outcome);
                break;
            case EventsIngested outcome:
                _ingest.Ingested(outcome);
                break;
            default:
                TakeEstablished(input);
                break;
        }
    }

    /// <summary>Inputs that mean something only while frames flow; others of them come late and are dropped.</summary>
    private void TakeEstablished(LinkInput input)
    {
        if (Phase != LinkPhase.Established)
        {
            _context.Hit(LinkBranch.LateInput);
            return;
        }

        switch (input)
        {
            case TopicAdvanced advance:
                _pump.Advanced(advance.Topic);
                break;
            case TopicRead read:
                _pump.Read(read);
                break;
            case TopicsFound found:
                _pump.Found(found);
                break;
            case PositionsFound found:
                _intake.Found(found);
                break;
            case RemoteInterestApplied applied when _remoteInterest.TryTake(applied, out var confirmation):
                _pump.InterestChanged();
                if (confirmation is not null)
                {
                    _lanes.AddControl(confirmation);
                }

                break;
            case SendBestEffort bestEffort:
                _lanes.BestEffort.Add(bestEffort.Frame);
                break;
        }
    }

    private LinkFrame? NextControlFrame()
    {
        if (_lanes.NextControl() is { } queued)
        {
            return queued;
        }

        var made = _liveness.NextFrame() ?? _localInterest.NextFrame()
            ?? (_intake.Acks.IsEmpty ? null : _intake.Acks.Take(_context.Peer));
        return made is null ? null : _lanes.Give(made, 0, _context.Now);
    }

    private LinkFrame? NextEvents()
    {
        var frame = _lanes.NextEvents(out var left);
        if (left is not null)
        {
            _pump.FrameLeft(left);
        }

        return frame;
    }
}
