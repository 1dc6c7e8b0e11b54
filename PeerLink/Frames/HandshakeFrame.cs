using EventMesh.Core.Identity;

namespace EventMesh.PeerLink.Frames;

/// <summary>The first frame in each direction.</summary>
/// <param name="Node">Who speaks.</param>
/// <param name="ProtocolVersion">Major version times 100 plus minor; a different major version is refused.</param>
/// <param name="Features">What the speaker can do beyond the reference protocol (<see cref="LinkFeatures"/>); unknown names are ignored.</param>
/// <param name="Incarnation">The speaker's life; zero from a reference peer.</param>
/// <param name="LinkNumber">UTC milliseconds of the dial; decides between two links dialled by the same node. Zero from a listener or a
/// reference peer.</param>
/// <param name="CreditBytes">Bytes of events that the speaker lets the other side send before more credit comes.</param>
public sealed record HandshakeFrame(
    NodeId Node, uint ProtocolVersion, IReadOnlyList<string> Features, Incarnation Incarnation, long LinkNumber, long CreditBytes) : LinkFrame;
