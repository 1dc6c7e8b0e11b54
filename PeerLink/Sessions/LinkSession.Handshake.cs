using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Who is there: the dialer speaks first, the listener answers once its owner has admitted the dialer.</summary>
public sealed partial class LinkSession
{
    private const uint VersionsPerMajor = 100;
    private const long MaxWindowBytes = 64 * 1024 * 1024;

    private TimeSpan _handshakeDeadline = TimeSpan.MaxValue;
    private HandshakeFrame? _peerHandshake;

    private void Open()
    {
        if (Phase != LinkPhase.Created)
        {
            throw new InvalidOperationException($"The stream was opened twice; the link is {Phase}.");
        }

        _context.Hit(_role == LinkRole.Dialer ? LinkBranch.OpenedAsDialer : LinkBranch.OpenedAsListener);
        Phase = LinkPhase.Handshake;
        _handshakeDeadline = _context.Now + _context.Options.HandshakeTimeout;
        if (_role == LinkRole.Dialer)
        {
            _lanes.AddControl(OwnHandshake());
        }
    }

    private void ReceiveFirst(LinkFrame frame)
    {
        switch (frame)
        {
            case HandshakeFrame handshake when Refusal(handshake) is { } refusal:
                _context.Hit(LinkBranch.HandshakeRefused);
                _peerHandshake = handshake;
                Fail(refusal.Code, refusal.Message);
                break;
            case HandshakeFrame handshake:
                Identify(handshake);
                break;
            case GoodbyeFrame goodbye:
                _context.Hit(LinkBranch.RefusedByPeer);
                Finish(goodbye.Code, Printable.Clip(goodbye.Message), goodbye.RetryAfter, byPeer: true);
                break;
            default:
                _context.Hit(LinkBranch.WrongFirstFrame);
                Fail(MeshErrorCode.HandshakeExpected, $"The first frame is {frame.GetType().Name}, not a handshake.");
                break;
        }
    }

    private (MeshErrorCode Code, string Message)? Refusal(HandshakeFrame peer)
    {
        if (peer.ProtocolVersion / VersionsPerMajor != ProtocolVersion / VersionsPerMajor)
        {
            return (MeshErrorCode.VersionMismatch,
                $"The peer speaks protocol version {peer.ProtocolVersion}, this node {ProtocolVersion}; the major versions differ.");
        }

        if (peer.Node == _context.Self.Node)
        {
            return (MeshErrorCode.SelfLink, $"The peer names this node's own id '{peer.Node}'.");
        }

        if (!_expectedPeer.IsEmpty && peer.Node != _expectedPeer)
        {
            return (MeshErrorCode.PeerNotAllowed, $"Node '{_expectedPeer}' was dialled and '{peer.Node}' answered.");
        }

        return IsOurs(peer) && (peer.Incarnation.Value < 1 || peer.CreditBytes < 1)
            ? (MeshErrorCode.MalformedFrame, "The handshake names replication, but no incarnation or no credit.")
            : null;
    }

    private void Identify(HandshakeFrame handshake)
    {
        _context.Hit(IsOurs(handshake) ? LinkBranch.IdentifiedNode : LinkBranch.IdentifiedReference);
        _peerHandshake = handshake;
        var linkNumber = _role == LinkRole.Dialer ? _linkNumber : handshake.LinkNumber;
        var isReference = !IsOurs(handshake);
        var incarnation = isReference ? default : handshake.Incarnation;
        var identity = new LinkIdentity(new NodeIdentity(handshake.Node, incarnation), _role, linkNumber, isReference);
        Identity = identity;
        _context.Identity = identity;
        Phase = LinkPhase.Identified;
        _context.Emit(new PeerIdentified(identity));
    }

    private void Admit(PeerAdmitted admission)
    {
        if (Phase != LinkPhase.Identified)
        {
            // A close may have come first: then there is nobody to admit any more.
            _context.Hit(LinkBranch.LateInput);
            return;
        }

        _context.Memory = admission.Memory;
        _context.Memory.BeginLink(_context.Identity.Peer.Incarnation);
        Phase = LinkPhase.Established;
        if (_role == LinkRole.Listener)
        {
            _lanes.AddControl(OwnHandshake());
        }

        _lanes.Credit.Open(Math.Min(_peerHandshake!.CreditBytes, MaxWindowBytes));
        _liveness.Begin();
        _localInterest.Begin();
        Move(LinkHealth.Healthy);
        _context.Emit(new LinkEstablished(_context.Identity));
        _remoteInterest.Begin();
    }

    private HandshakeFrame OwnHandshake() => new(
        _context.Self.Node, ProtocolVersion, LinkFeatures.All, _context.Self.Incarnation, _linkNumber, _context.Options.CreditBytes);

    private static bool IsOurs(HandshakeFrame handshake) => handshake.Features.Contains(LinkFeatures.LogReplication, StringComparer.Ordinal);
}
