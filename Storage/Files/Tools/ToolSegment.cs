using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>A segment as a tool finds it: opened for reading, while a node may be writing to it, sealing it, or giving its room back.</summary>
/// <remarks>
/// A node that gives a segment's room back renames the file first, and writes the next header into it only then. So what was read from the file is
/// the segment's as long as <see cref="IsStillThere"/> says so afterwards.
/// </remarks>
internal sealed class ToolSegment : IDisposable
{
    private ToolSegment(IStoreFile file, string name, SegmentHeader? header, FooterTrailer? trailer)
    {
        File = new SegmentFile(file, name, header ?? new SegmentHeader(default, 0, 0, false, 0, 0, 0, 0));
        (IsReadable, Trailer) = (header is not null, trailer);
    }

    /// <summary>The file and its header, which means nothing unless <see cref="IsReadable"/>.</summary>
    public SegmentFile File { get; }

    /// <summary>Whether the header is sound and the segment is the one that its name says.</summary>
    public bool IsReadable { get; }

    /// <summary>Its footer's trailer; null when there is none that is sound.</summary>
    public FooterTrailer? Trailer { get; }

    /// <summary>Whether the file ends with a trailer whose checksum does not fit.</summary>
    public bool HasDamagedTrailer()
    {
        Span<byte> bytes = stackalloc byte[FooterTrailer.Bytes];
        bytes = bytes[..File.File.Read(File.File.Length - FooterTrailer.Bytes, bytes)];
        return FooterTrailer.MayBegin(bytes) && !FooterTrailer.TryRead(bytes, out _);
    }

    /// <summary>The segments that the directory names, in order of their numbers.</summary>
    public static IReadOnlyList<(long Number, StoreFileInfo File)> List(IStoreDirectory directory)
    {
        var found = new List<(long, StoreFileInfo)>();
        foreach (var file in directory.List())
        {
            if (SegmentFinder.TryParse(file.Name, out var number))
            {
                found.Add((number, file));
            }
        }

        return found;
    }

    /// <summary>Opens segment <paramref name="number"/>; null when it is gone.</summary>
    /// <param name="directory">The store's directory.</param>
    /// <param name="number">The segment's number, by its name.</param>
    /// <param name="store">The store; null where that is not known.</param>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static ToolSegment? Open(IStoreDirectory directory, long number, Guid? store)
    {
        var name = SegmentFile.NameOf(number);
        IStoreFile file;
        try
        {
            file = directory.Open(name, writable: false);
        }
        catch (FileNotFoundException)
        {
            // The node has given its room back since the directory was listed.
            return null;
        }

        try
        {
            var header = ReadHeader(file, $"{directory.Location}/{name}");
            var isOurs = header is not null && header.Number == number && (store is null || header.Store == store);
            return new ToolSegment(
                file, name, isOurs ? header : null, isOurs ? FooterReader.ReadTrailer(file, number, header!.Generation) : null);
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the directory still has this very segment under its name, and not another generation of it.</summary>
    public bool IsStillThere(IStoreDirectory directory)
    {
        try
        {
            using var file = directory.Open(File.Name, writable: false);
            return ReadHeader(file, File.Name) == File.Header;
        }
        catch (FileNotFoundException)
        {
            // That is the answer.
            return false;
        }
    }

    public void Dispose() => File.File.Dispose();

    private static SegmentHeader? ReadHeader(IStoreFile file, string path)
    {
        Span<byte> page = stackalloc byte[SegmentHeader.PageBytes];
        var header = SegmentHeader.Read(page[..file.Read(0, page)], out var version);
        return version <= SegmentHeader.Version
            ? header
            : throw new EventMeshException(
                MeshErrorCode.StoreVersionUnknown, $"{path} has version {version}; this release reads {SegmentHeader.Version}. Use the release that wrote it.");
    }
}
