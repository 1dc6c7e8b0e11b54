using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>A run of one origin's events on one topic that a log will never hold.</summary>
/// <param name="Origin">Whose events they are; empty for a run of this log's own offsets that retention took.</param>
/// <param name="From">The position before the first missing event; <see cref="Position.None"/> for the beginning.</param>
/// <param name="To">The last missing position; the log's position for the origin once the gap is stored. Equal to <paramref name="From"/> where an origin
/// began again from nothing (<see cref="GapReason.OriginRewound"/>): how much is missing, nobody knows.</param>
/// <param name="Reason">Why they are missing.</param>
/// <param name="Code">The refusal's code for <see cref="GapReason.Refused"/>, otherwise <see cref="Errors.MeshErrorCode.None"/>.</param>
public sealed record Gap(NodeId Origin, Position From, Position To, GapReason Reason, Errors.MeshErrorCode Code = Errors.MeshErrorCode.None)
{
    /// <summary>Checks a gap in another node's events that came from outside.</summary>
    /// <exception cref="Errors.EventMeshException"><see cref="Errors.MeshErrorCode.MalformedFrame"/>.</exception>
    public void Validate()
    {
        if (Origin.IsEmpty || To.IsNone || From >= To || !Enum.IsDefined(Reason))
        {
            throw new Errors.EventMeshException(
                Errors.MeshErrorCode.MalformedFrame, $"Gap of '{Origin}' from {From} to {To} ({Reason}) names no run of events.");
        }
    }
}
