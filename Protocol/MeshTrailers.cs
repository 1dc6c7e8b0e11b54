namespace EventMesh.Protocol.Mesh.V1;

/// <summary>Names of the trailers by which a failed call tells its numbered reason.</summary>
public static class MeshTrailers
{
    /// <summary>The error's number in decimal digits.</summary>
    public const string Code = "eventmesh-code";

    /// <summary>Milliseconds after which a repeat has a chance; absent without a hint.</summary>
    public const string RetryAfterMs = "eventmesh-retry-after-ms";
}
