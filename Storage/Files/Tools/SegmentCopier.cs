using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Copies segments of a store that a node may be writing to, and checks what was copied. Not thread-safe.</summary>
/// <param name="source">The store's directory.</param>
/// <param name="place">Where the backup is made.</param>
/// <param name="store">The store.</param>
/// <param name="findings">Hears of what is damaged.</param>
/// <param name="progress">Hears of how far it is.</param>
internal sealed class SegmentCopier(IStoreDirectory source, IBackupPlace place, Guid store, FindingBox findings, ProgressMeter progress)
{
    // The node can put another generation in a segment's place, but not again and again.
    private const int MaxAttempts = 4;

    /// <summary>Copies segment <paramref name="number"/>; null when the node has given it back.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="isNewest">Whether the node may be writing to it.</param>
    /// <exception cref="Core.Errors.EventMeshException"><c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">A disk failed or is full.</exception>
    public CopiedSegment? Copy(long number, bool isNewest)
    {
        for (var attempt = 1; ; attempt++)
        {
            findings.Keep();
            Remove(SegmentFile.NameOf(number));
            using var segment = ToolSegment.Open(source, number, store);
            if (segment is null)
            {
                return null;
            }

            if (TryReuse(segment) is { } reused)
            {
                return reused;
            }

            var copied = segment.IsReadable ? CopyGroups(segment, isNewest) : CopyAsItIs(segment);
            if (copied is not null && (!segment.IsReadable || segment.IsStillThere(source)))
            {
                return copied;
            }

            // What was read is not, or not surely, that segment.
            findings.Drop();
            Remove(segment.File.Name);
            if (attempt == MaxAttempts)
            {
                throw new IOException($"{source.Location}/{segment.File.Name} could not be copied: it changed or did not read the same in {MaxAttempts} attempts.");
            }
        }
    }

    private CopiedSegment? TryReuse(ToolSegment segment)
    {
        if (segment.Trailer is not { } trailer || place.Present is not { } present)
        {
            return null;
        }

        using var kept = ToolSegment.Open(present, segment.File.Number, store);
        if (kept is null || kept.File.Header != segment.File.Header || kept.Trailer != trailer || !place.TryLink(segment.File.Name))
        {
            return null;
        }

        var length = kept.File.File.Length;
        progress.Reach(segment.File.Name, length);
        return new CopiedSegment(segment.File.Number, trailer.LastGroup, segment.File.Header.KnownFlushed, length, IsReused: true);
    }

    private CopiedSegment? CopyGroups(ToolSegment segment, bool isNewest)
    {
        var length = segment.File.File.Length;
        if (segment.Trailer is null)
        {
            length = EndOfGroups(segment, isNewest);
            if (isNewest)
            {
                FlushSource(segment.File.Name);
            }
        }

        try
        {
            FileCopy.Copy(segment.File.File, place.Next, segment.File.Name, length, progress);
        }
        catch (EndOfStreamException)
        {
            // The node has given the segment back and cut the file to be used again.
            return null;
        }

        return Check(segment, length);
    }

    /// <summary>Where the groups end that are copied: all that are whole, and damaged ones that are followed by others.</summary>
    private long EndOfGroups(ToolSegment segment, bool isNewest)
    {
        var scanner = new SteadyScanner(segment);
        var end = scanner.Position;
        while (scanner.Next() is not null)
        {
            if (scanner.IsAtTail && isNewest)
            {
                findings.Note(
                    segment.File.Name, end, $"Group {scanner.LastNumber} is not whole and is left out: it is just being written, or its writing was cut short. It was never acknowledged.");
                break;
            }

            end = scanner.Position;
            progress.Check();
        }

        return Math.Min(end, segment.File.File.Length);
    }

    /// <summary>Makes sure that what was read of the segment that the node writes is on its disk too: a backup must not know more than the node after a power failure.</summary>
    private void FlushSource(string name)
    {
        try
        {
            using var file = source.Open(name, writable: true);
            file.Flush();
        }
        catch (IOException e)
        {
            // From a file system that takes no writing, or by somebody who may only read: then the last group is the node's word alone.
            findings.Note(name, 0, $"The file could not be flushed, so its last group may not be on the node's disk yet: {e.Message}");
        }
    }

    /// <summary>Checks the copy; null where it is not what the source has.</summary>
    private CopiedSegment? Check(ToolSegment segment, long length)
    {
        using var copy = ToolSegment.Open(place.Next, segment.File.Number, store);
        if (copy is null || copy.File.Header != segment.File.Header || copy.Trailer != segment.Trailer)
        {
            return null;
        }

        var scanner = new SegmentScanner(copy.File.File, copy.File.Header, copy.Trailer?.FooterPosition ?? long.MaxValue);
        var isDamaged = false;
        while (scanner.Next() is { } group)
        {
            if (group.State != GroupState.Sound)
            {
                isDamaged = true;
                findings.Damage(
                    segment.File.Name, group.Position, $"Groups {group.FirstNumber} to {group.LastNumber} are damaged in the store, and so they are in the backup.",
                    "Run 'eventmesh log verify' on the store; an older backup may have them whole.");
            }
        }

        return isDamaged && !IsSame(segment.File.File, copy.File.File, length)
            ? null
            : new CopiedSegment(
                segment.File.Number, Math.Max(scanner.LastNumber, segment.Trailer?.LastGroup ?? 0), scanner.KnownFlushed, copy.File.File.Length, IsReused: false);
    }

    /// <summary>Copies a file that nothing can be read of, so that the backup has what the store has.</summary>
    private CopiedSegment CopyAsItIs(ToolSegment segment)
    {
        var length = segment.File.File.Length;
        FileCopy.Copy(segment.File.File, place.Next, segment.File.Name, length, progress);
        findings.Damage(
            segment.File.Name, 0, "The segment's header is damaged in the store; the file is in the backup as it is.", "Run 'eventmesh log verify' on the store; an older backup may have it whole.");
        return new CopiedSegment(0, 0, 0, length, IsReused: false);
    }

    private static bool IsSame(IStoreFile left, IStoreFile right, long length)
    {
        var (a, b) = (new FileWindow(left, length), new FileWindow(right, length));
        const int Step = 64 * 1024;
        for (var at = 0L; at < length; at += Step)
        {
            if (!a.Get(at, Step).SequenceEqual(b.Get(at, Step)))
            {
                return false;
            }
        }

        return true;
    }

    private void Remove(string name)
    {
        if (place.Next.List().Any(file => file.Name == name))
        {
            place.Next.Delete(name);
        }
    }
}

/// <summary>A segment in a backup.</summary>
/// <param name="Number">Its number; 0 where its header is damaged.</param>
/// <param name="LastGroup">Its last group.</param>
/// <param name="KnownFlushed">The greatest group that it calls flushed.</param>
/// <param name="Bytes">Bytes of the file.</param>
/// <param name="IsReused">Whether the last backup had it already.</param>
internal sealed record CopiedSegment(long Number, long LastGroup, long KnownFlushed, long Bytes, bool IsReused);
