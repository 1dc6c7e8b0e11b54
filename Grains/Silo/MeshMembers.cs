using System.Collections.Frozen;

namespace EventMesh.Grains.Silo;

/// <summary>The node's silos at a moment, by their addresses in parsable form.</summary>
/// <param name="Serving">Silos that can serve topics: active or on their way out, and mesh silos or not yet known to be none.</param>
/// <param name="Unknown">Those of them that are not yet known to be mesh silos or none.</param>
/// <param name="Gone">Silos that the membership has declared dead.</param>
public sealed record MeshMembers(FrozenSet<string> Serving, FrozenSet<string> Unknown, FrozenSet<string> Gone)
{
    /// <summary>No silo is known.</summary>
    public static MeshMembers None { get; } = new([], [], []);
}

/// <summary>The node's silos, as this silo's view of the cluster's membership has them. Thread-safe.</summary>
public interface IMeshMembership
{
    /// <summary>The view of this moment.</summary>
    MeshMembers Current { get; }

    /// <summary>Calls <paramref name="onChange"/> after <see cref="Current"/> has changed, until disposed. It must return quickly.</summary>
    IDisposable OnChanged(Action onChange);
}
