using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Where a backup is made: what is there already, and room beside it for the next one, which takes its place as a whole or not at all. Not thread-safe.</summary>
/// <remarks>Disposing it without <see cref="Commit"/> leaves everything as it was.</remarks>
internal interface IBackupPlace : IDisposable
{
    /// <summary>Where, for people.</summary>
    string Location { get; }

    /// <summary>The backup that is there; null for none. Locked.</summary>
    IStoreDirectory? Present { get; }

    /// <summary>The next one: an empty directory that is not under its own name yet.</summary>
    IStoreDirectory Next { get; }

    /// <summary>Gives the next backup a file of the present one without copying it; false where the file system cannot.</summary>
    bool TryLink(string name);

    /// <summary>Puts the next backup, whose files are durable, in the place of the present one; durable when it returns.</summary>
    /// <exception cref="EventMeshException"><c>TargetOccupied</c>.</exception>
    /// <exception cref="IOException">The disk failed; either backup is in its place, or the next run puts the old one back.</exception>
    void Commit();
}
