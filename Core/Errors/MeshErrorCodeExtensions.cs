namespace EventMesh.Core.Errors;

/// <summary>Properties of error codes.</summary>
public static class MeshErrorCodeExtensions
{
    /// <summary>Whether the same call may succeed later without a change by the caller.</summary>
    public static bool IsTransient(this MeshErrorCode code) => code
        is MeshErrorCode.Busy
        or MeshErrorCode.OutcomeUnknown
        or MeshErrorCode.SessionUnknown
        or MeshErrorCode.LogFenced
        or MeshErrorCode.LogFull
        or MeshErrorCode.PeerSilent
        or MeshErrorCode.PeerUnreachable
        or MeshErrorCode.LinkClosed
        or MeshErrorCode.PeerHeld
        or MeshErrorCode.NodeNotReady;

    /// <summary>The code as users see it: <c>EM1001</c>.</summary>
    public static string ToLabel(this MeshErrorCode code) => $"EM{(int)code:D4}";
}
