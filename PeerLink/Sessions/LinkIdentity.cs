using EventMesh.Core.Identity;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Which side of the stream a session is on.</summary>
public enum LinkRole
{
    /// <summary>This node opened the stream and speaks first.</summary>
    Dialer,

    /// <summary>The peer opened the stream.</summary>
    Listener,
}

/// <summary>Where a session is in its life; it only moves forward.</summary>
public enum LinkPhase
{
    /// <summary>The stream is not open yet.</summary>
    Created,

    /// <summary>Waiting for the peer's handshake.</summary>
    Handshake,

    /// <summary>The peer has said who it is; the owner has to admit or refuse it.</summary>
    Identified,

    /// <summary>Frames flow.</summary>
    Established,

    /// <summary>The last frames leave; nothing new is begun.</summary>
    Closing,

    /// <summary>Over. Every input is ignored.</summary>
    Closed,
}

/// <summary>How a link is doing, in the reference's words.</summary>
public enum LinkHealth
{
    /// <summary>No link.</summary>
    Disconnected = 0,

    /// <summary>Established and heard from.</summary>
    Healthy = 1,

    /// <summary>Silent for too long or without progress; it is being closed.</summary>
    Unhealthy = 2,
}

/// <summary>What a handshake told about the other side, and which link this is.</summary>
/// <param name="Peer">The other node. A reference peer has incarnation zero.</param>
/// <param name="Role">This node's side.</param>
/// <param name="LinkNumber">The dialer's number for the link; zero for one dialled by a reference peer.</param>
/// <param name="IsReference">Whether the peer speaks the reference protocol only.</param>
public readonly record struct LinkIdentity(NodeIdentity Peer, LinkRole Role, long LinkNumber, bool IsReference);
