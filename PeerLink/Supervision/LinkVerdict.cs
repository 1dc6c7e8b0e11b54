using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Supervision;

/// <summary>What becomes of a link whose peer has said who it is.</summary>
/// <param name="Admit">Whether it stays: answer the session with <see cref="PeerAdmitted"/>, else with <see cref="CloseRequested"/> and the
/// code and message.</param>
/// <param name="Code">Why it is refused.</param>
/// <param name="Message">Why, in words for the peer.</param>
/// <param name="RetryAfter">When a refused peer may come back.</param>
/// <param name="Replaced">The key of the link that it replaces: close that one with <paramref name="ReplacedCode"/>, without draining.</param>
/// <param name="ReplacedCode"><c>LinkClosed</c>, or <c>DuplicateNodeId</c> when a newer life of the peer has taken its place.</param>
public readonly record struct LinkVerdict(
    bool Admit, MeshErrorCode Code, string Message, TimeSpan? RetryAfter, long? Replaced, MeshErrorCode ReplacedCode);

/// <summary>A change of a peer's health.</summary>
public readonly record struct HealthTransition(NodeId Peer, LinkHealth From, LinkHealth To, MeshErrorCode Code, string Message);
