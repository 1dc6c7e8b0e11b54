using System.Globalization;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Opens the segments of a directory.</summary>
/// <param name="directory">The directory.</param>
/// <param name="store">The store's id.</param>
/// <param name="damage">Hears of headers that are damaged.</param>
internal sealed class SegmentFinder(IStoreDirectory directory, Guid store, DamageReport damage)
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

    /// <summary>Opens the segment file <paramref name="name"/>; null when nothing of it can be read.</summary>
    /// <remarks>A header that is damaged is made again from the first group or from the footer. Where neither is sound, the file is set aside as a whole.</remarks>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c>; <c>LogCorrupted</c>: it is a sound segment, but not the one that its name says.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SegmentFile? Open(string name, long number)
    {
        var file = directory.Open(name, writable: true);
        try
        {
            if (ReadHeader(file, name, number) is { } header)
            {
                return new SegmentFile(file, name, header);
            }

            if (MakeHeader(file, number) is { } made)
            {
                return Repair(new SegmentFile(file, name, made));
            }

            damage.SetAside(name, number, file.Length, "the segment: neither its header nor its footer nor its first group is sound, so nothing of it can be read");
            file.Dispose();
            return null;
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    private SegmentHeader? ReadHeader(IStoreFile file, string name, long number)
    {
        Span<byte> page = stackalloc byte[SegmentHeader.PageBytes];
        var header = SegmentHeader.Read(page[..file.Read(0, page)], out var version);
        if (version > SegmentHeader.Version)
        {
            throw new EventMeshException(
                MeshErrorCode.StoreVersionUnknown, $"{directory.Location}/{name} has version {version}; this release reads {SegmentHeader.Version}. Use the release that wrote it.");
        }

        return header is null || (header.Number == number && header.Store == store)
            ? header
            : throw new EventMeshException(
                MeshErrorCode.LogCorrupted,
                $"{directory.Location}/{name} is segment {header.Number} of store {header.Store}, not {number} of {store}. Move it out of the directory; if it was renamed, name it back.");
    }

    /// <summary>A header that the segment's groups, or at least its footer, check out by.</summary>
    private SegmentHeader? MakeHeader(IStoreFile file, long number)
    {
        Span<byte> bytes = stackalloc byte[GroupHeader.Bytes];
        if (file.Read(SegmentHeader.PageBytes, bytes) == bytes.Length)
        {
            var salt = SegmentSalt.Find(bytes);
            var first = GroupHeader.Fields(bytes);
            var header = new SegmentHeader(store, number, first.Generation, first.Generation > 0, first.Number, first.KnownFlushed, salt, CreatedUnixMs: 0);
            if (first.Number > 0 && new SegmentScanner(file, header, long.MaxValue).Next() is { State: GroupState.Sound or GroupState.RecordsDamaged })
            {
                return header;
            }
        }

        return FooterReader.ReadTrailer(file, number) is { } trailer
            ? new SegmentHeader(store, number, trailer.Generation, trailer.Generation > 0, trailer.FirstGroup, trailer.LastGroup, Salt: 0, CreatedUnixMs: 0)
            : null;
    }

    private SegmentFile Repair(SegmentFile segment)
    {
        damage.OnDamaged(segment, 0, SegmentHeader.PageBytes, "the segment's header: it is made again from what follows, nothing is lost");
        var page = new byte[SegmentHeader.PageBytes];
        segment.Header.Write(page);
        segment.File.Write(0, page);
        segment.File.Flush();
        return segment;
    }
}
