using System.Globalization;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Opens the segments of a directory and reads their headers.</summary>
internal static class SegmentFinder
{
    private const string Suffix = ".segment";
    private const int Digits = 20;

    /// <summary>Whether a file is a segment of the journal, by its name.</summary>
    public static bool TryParse(string name, out long number)
    {
        number = 0;
        return name.Length == Digits + Suffix.Length
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number > 0;
    }

    /// <summary>Opens the segment file <paramref name="name"/>; null when its header is damaged.</summary>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c>; <c>LogCorrupted</c>: it is a sound segment, but not the one that its name says.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SegmentFile? Open(IStoreDirectory directory, string name, long number, Guid store)
    {
        var file = directory.Open(name, writable: true);
        try
        {
            var header = ReadHeader(file, $"{directory.Location}/{name}", number, store);
            if (header is not null)
            {
                return new SegmentFile(file, name, header);
            }

            file.Dispose();
            return null;
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    private static SegmentHeader? ReadHeader(IStoreFile file, string path, long number, Guid store)
    {
        Span<byte> page = stackalloc byte[SegmentHeader.PageBytes];
        var header = SegmentHeader.Read(page[..file.Read(0, page)], out var version);
        if (version > SegmentHeader.Version)
        {
            throw new EventMeshException(
                MeshErrorCode.StoreVersionUnknown, $"{path} has version {version}; this release reads {SegmentHeader.Version}. Use the release that wrote it.");
        }

        return header is null || (header.Number == number && header.Store == store)
            ? header
            : throw new EventMeshException(
                MeshErrorCode.LogCorrupted, $"{path} is segment {header.Number} of store {header.Store}, not {number} of {store}. Move it out of the directory; if it was renamed, name it back.");
    }
}
