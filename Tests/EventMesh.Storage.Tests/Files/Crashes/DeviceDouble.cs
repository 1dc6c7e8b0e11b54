using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>A device that passes everything on; what is made of it leaves something out.</summary>
internal class DeviceDouble(IStoreDirectory device) : IStoreDirectory
{
    public string Location => device.Location;

    public long FreeBytes => device.FreeBytes;

    public IDisposable Lock() => device.Lock();

    public IReadOnlyList<StoreFileInfo> List() => device.List();

    public IStoreFile Open(string name, bool writable) => Wrap(device.Open(name, writable), name);

    public IStoreFile Create(string name, long length) => Wrap(device.Create(name, length), name);

    public void Rename(string name, string newName) => device.Rename(name, newName);

    public void Delete(string name) => device.Delete(name);

    public virtual void Flush() => device.Flush();

    protected virtual IStoreFile Wrap(IStoreFile file, string name) => file;
}

/// <summary>A file that passes everything on; what is made of it leaves something out.</summary>
internal abstract class FileDouble(IStoreFile file) : IStoreFile
{
    public long Length => file.Length;

    public int Read(long position, Span<byte> destination) => file.Read(position, destination);

    public virtual void Write(long position, ReadOnlySpan<byte> source) => file.Write(position, source);

    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> parts) => file.Write(position, parts);

    public virtual void Flush() => file.Flush();

    public void SetLength(long length) => file.SetLength(length);

    public void Dispose() => file.Dispose();
}
