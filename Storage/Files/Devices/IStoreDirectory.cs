namespace EventMesh.Storage.Files.Devices;

/// <summary>The one directory that a store lives in: the seam between the store and the disk. Thread-safe.</summary>
/// <remarks>
/// Names are plain file names. What is created, renamed or deleted survives a power failure only after <see cref="Flush"/>, what is
/// written only after <see cref="IStoreFile.Flush"/>; before, any part of it may. Every method throws <see cref="IOException"/> when the disk
/// fails and <see cref="DiskFullException"/> when it is full.
/// </remarks>
internal interface IStoreDirectory
{
    /// <summary>Where it is, for people.</summary>
    string Location { get; }

    /// <summary>Bytes that can still be written.</summary>
    long FreeBytes { get; }

    /// <summary>Locks the directory against every other process and every other store of this one, until the result is disposed or the process ends.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>StoreLocked</c>: who has it, where that is known.</exception>
    IDisposable Lock();

    /// <summary>The files, in ordinal order of their names.</summary>
    IReadOnlyList<StoreFileInfo> List();

    /// <summary>Opens a file that exists; reading and writing, or reading only.</summary>
    IStoreFile Open(string name, bool writable);

    /// <summary>Creates a file of <paramref name="length"/> bytes that read as zero and whose room on the disk is taken; fails if the name exists.</summary>
    /// <remarks>The room is taken before it returns, so that writing within the length cannot fail for want of it. A file that could not be made is gone.</remarks>
    IStoreFile Create(string name, long length);

    /// <summary>Gives a file another name; a file that has that name is replaced. Open files stay open.</summary>
    void Rename(string name, string newName);

    /// <summary>Takes a file off the directory. Open files stay readable.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions durable.</summary>
    void Flush();
}

/// <summary>A file of the store.</summary>
internal readonly record struct StoreFileInfo(string Name, long Length);
