using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>A run of one origin's events on one topic that a log will never hold.</summary>
/// <param name="Origin">Whose events they are.</param>
/// <param name="From">The position before the first missing event; <see cref="Position.None"/> for the beginning.</param>
/// <param name="To">The last missing position; the log's position for the origin once the gap is stored.</param>
/// <param name="Reason">Why they are missing.</param>
/// <param name="Code">The refusal's code for <see cref="GapReason.Refused"/>, otherwise <see cref="Errors.MeshErrorCode.None"/>.</param>
public sealed record Gap(NodeId Origin, Position From, Position To, GapReason Reason, Errors.MeshErrorCode Code = Errors.MeshErrorCode.None);
