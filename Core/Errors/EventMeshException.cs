namespace EventMesh.Core.Errors;

/// <summary>The one exception of the mesh: a numbered code says what went wrong, the message which field or file and what to do.</summary>
/// <remarks>Codes cross gRPC and grain calls; match on <see cref="Code"/>, never on text.</remarks>
public sealed class EventMeshException : Exception
{
    /// <summary>Creates the exception.</summary>
    public EventMeshException(MeshErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>What went wrong.</summary>
    public MeshErrorCode Code { get; }

    /// <summary>How long to wait before a repeat has a chance; null when no hint was given.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same call may succeed later without a change by the caller.</summary>
    public bool IsTransient => Code.IsTransient();
}
