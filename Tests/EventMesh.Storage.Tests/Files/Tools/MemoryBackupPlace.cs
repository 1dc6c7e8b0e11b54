using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>A place for a backup in memory. Power fails at the very moment at which the backup is put in its place: only what is durable by then is in <see cref="Made"/>.</summary>
internal sealed class MemoryBackupPlace(int seed, FaultyDirectory? present = null, bool canLink = true) : IBackupPlace
{
    public FaultyDirectory Unfinished { get; } = new(seed);

    /// <summary>The backup; null while there is none.</summary>
    public FaultyDirectory? Made { get; private set; }

    public string Location => "memory";

    public IStoreDirectory? Present => present;

    public IStoreDirectory Next => Unfinished;

    public bool TryLink(string name)
    {
        if (!canLink)
        {
            return false;
        }

        using var file = Unfinished.Create(name, 0);
        file.Write(0, present!.Contents(name));
        file.Flush();
        return true;
    }

    public void Commit() => Made = Unfinished.Crash(seed);

    public void Dispose()
    {
    }
}
