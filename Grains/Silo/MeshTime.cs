namespace EventMesh.Grains.Silo;

/// <summary>The clock of the mesh in a silo's services: a keyed <see cref="TimeProvider"/>, so that a test can hold it while Orleans' own goes on.</summary>
public static class MeshTime
{
    /// <summary>The key.</summary>
    public const string Key = "EventMesh";
}
