using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Reads which topics sealed segments have something of. One thread at a time.</summary>
/// <remarks>A segment whose directory is damaged is reported once and left alone: it can be read still, and the next start makes its footer again.</remarks>
internal sealed class SegmentDirectories(IDamageSink damage)
{
    private readonly HashSet<SegmentFile> _damaged = [];

    /// <summary>The directory of the footer of <paramref name="segment"/>, in ordinal order of the topics; null where it is damaged.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public DirectoryEntry[]? Read(SegmentFile segment)
    {
        if (_damaged.Contains(segment))
        {
            return null;
        }

        var trailer = FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation);
        if (trailer is { } sound && FooterReader.ReadDirectory(segment.File, sound) is { } entries)
        {
            return entries;
        }

        _damaged.Add(segment);
        var position = trailer?.DirectoryPosition ?? segment.File.Length - FooterTrailer.Bytes;
        var length = trailer?.DirectoryBytes ?? FooterTrailer.Bytes;
        damage.OnDamaged(
            segment, position, length, "the directory of the segment's footer: its room is not given back until the next start has made it again from the groups; nothing is lost");
        return null;
    }

    /// <summary>Forgets a segment that is gone.</summary>
    public void Forget(SegmentFile segment) => _damaged.Remove(segment);
}
