using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads the footer of a sealed segment: the trailer and the directory. Sections are left to <see cref="SectionReader"/>.</summary>
internal static class FooterReader
{
    /// <summary>Reads the trailer that belongs to this life of the file; null when there is none that is sound.</summary>
    public static FooterTrailer? ReadTrailer(IStoreFile file, long number, uint generation) =>
        ReadTrailer(file, number) is { } trailer && trailer.Generation == generation ? trailer : null;

    /// <summary>Reads the trailer of segment <paramref name="number"/>, whatever its generation; null when there is none that is sound.</summary>
    public static FooterTrailer? ReadTrailer(IStoreFile file, long number)
    {
        Span<byte> bytes = stackalloc byte[FooterTrailer.Bytes];
        var position = file.Length - FooterTrailer.Bytes;
        return position >= SegmentHeader.PageBytes
            && file.Read(position, bytes) == bytes.Length
            && FooterTrailer.TryRead(bytes, out var trailer)
            && trailer.Segment == number
            && IsSound(trailer, position)
                ? trailer
                : null;
    }

    /// <summary>Reads the directory that <paramref name="trailer"/> names; null when it is damaged.</summary>
    /// <remarks>Allocates no more than the file has bytes.</remarks>
    public static DirectoryEntry[]? ReadDirectory(IStoreFile file, in FooterTrailer trailer)
    {
        var bytes = new byte[trailer.DirectoryBytes];
        if (file.Read(trailer.DirectoryPosition, bytes) != bytes.Length || Crc32C.Compute(bytes) != trailer.DirectoryCrc)
        {
            return null;
        }

        try
        {
            return Parse(bytes, trailer);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            // A checksum that fits bytes which mean nothing: to the caller no better than one that does not fit.
            return null;
        }
    }

    private static DirectoryEntry[] Parse(ReadOnlySpan<byte> bytes, in FooterTrailer trailer)
    {
        var cursor = new SpanCursor(bytes, "directory", MeshErrorCode.LogCorrupted);
        var entries = new DirectoryEntry[trailer.Topics];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = DirectoryCodec.Read(ref cursor, trailer.Segment, trailer.Generation);
            var slice = entries[i].Slice;
            if (slice.Position < trailer.FooterPosition
                || slice.Position + (long)slice.Length > trailer.DirectoryPosition
                || (i > 0 && entries[i - 1].Topic.CompareTo(entries[i].Topic) >= 0))
            {
                throw cursor.Malformed("entry", $"{i} is out of its order or names no section");
            }
        }

        return cursor.Remaining == 0 ? entries : throw cursor.Malformed("directory", "goes on behind its last entry");
    }

    private static bool IsSound(in FooterTrailer trailer, long position) =>
        trailer.FirstGroup > 0
        && trailer.LastGroup >= trailer.FirstGroup - 1
        && trailer.FooterPosition >= SegmentHeader.PageBytes
        && trailer.DirectoryPosition >= trailer.FooterPosition
        && trailer.DirectoryPosition + (long)trailer.DirectoryBytes <= position
        && trailer.Topics <= trailer.DirectoryBytes / DirectoryCodec.MinEntryBytes;
}
