using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>A directory in which something happens while a tool looks at it.</summary>
/// <param name="inner">The directory.</param>
/// <param name="onOpen">Called before a file is opened, by its name.</param>
internal sealed class WatchedDirectory(IStoreDirectory inner, Action<string> onOpen) : IStoreDirectory
{
    public string Location => inner.Location;

    public long FreeBytes => inner.FreeBytes;

    public IDisposable Lock() => inner.Lock();

    public IReadOnlyList<StoreFileInfo> List() => inner.List();

    public IStoreFile Open(string name, bool writable)
    {
        onOpen(name);
        return inner.Open(name, writable);
    }

    public IStoreFile Create(string name, long length) => inner.Create(name, length);

    public void Rename(string name, string newName) => inner.Rename(name, newName);

    public void Delete(string name) => inner.Delete(name);

    public void Flush() => inner.Flush();
}
