using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads a segment group by group, where it has no footer that could be relied on. Not thread-safe.</summary>
/// <param name="segments">The segments that are read.</param>
/// <param name="end">Tells torn from lost.</param>
/// <param name="lost">Hears of groups whose topics are not known any more.</param>
/// <param name="damage">Hears of all damage.</param>
/// <param name="logger">Hears of what was cut.</param>
internal sealed partial class GroupReader(
    IReadOnlyList<FoundSegment> segments, JournalEnd end, LostGroups lost, IDamageSink damage, ILogger logger)
{
    private const int CopyBytes = 1024 * 1024;

    private readonly ILogger _logger = logger;

    /// <summary>Reads segment <paramref name="index"/>. What may not be durable yet is written again, and is durable once the segment is sealed.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public ReadSegment Read(int index)
    {
        var found = segments[index];
        var scanner = new SegmentScanner(found.File.File, found.File.Header, found.Trailer?.FooterPosition ?? long.MaxValue);
        var read = new ReadSegment(found.File);
        ScannedGroup? last = null;
        while (scanner.Next() is { } group)
        {
            if (group.State is GroupState.RecordsDamaged or GroupState.TableDamaged && end.IsTorn(index, scanner, group))
            {
                LogCut(found.File.Name, group.LastNumber, group.Position);
                return Finish(read, found, group.Position, group.LastNumber - 1, last);
            }

            Take(read, found.File, group);
            last = group;
        }

        end.Note(scanner.KnownFlushed);
        return Finish(read, found, TakeEnd(read, index, scanner), Math.Max(scanner.LastNumber, end.LastLost(index, scanner.LastNumber)), last);
    }

    private ReadSegment Finish(ReadSegment read, FoundSegment found, long endOfGroups, long lastGroup, ScannedGroup? last)
    {
        if (last is { } group && group.LastNumber > end.KnownFlushed)
        {
            WriteAgain(found.File, group.Position, group.Length);
        }

        read.Contents.EndOfGroups = Math.Max(endOfGroups, found.Trailer?.FooterPosition ?? 0);
        found.File.LastGroup = lastGroup;
        return read;
    }

    /// <summary>Notes what is lost behind the last group that was found; returns where that ends.</summary>
    private long TakeEnd(ReadSegment read, int index, SegmentScanner scanner)
    {
        var lastLost = end.LastLost(index, scanner.LastNumber);
        if (lastLost == scanner.LastNumber)
        {
            return scanner.Position;
        }

        var to = Math.Max(scanner.EndOfBytes(), Math.Min(scanner.Position + GroupHeader.Alignment, scanner.End));
        TakeLost(read, segments[index].File, new ScannedGroup(
            GroupState.Missing, scanner.Position, to - scanner.Position, scanner.LastNumber + 1, lastLost, MaxBytes(lastLost - scanner.LastNumber), []));
        return to;
    }

    /// <summary>The most bytes that lost groups can have had, where the file may have been longer than it is.</summary>
    private static long MaxBytes(long groups) => Math.Min(LostGroups.MaxSegmentBytes / GroupHeader.MaxBodyBytes, groups) * GroupHeader.MaxBodyBytes;

    private void Take(ReadSegment read, SegmentFile segment, in ScannedGroup group)
    {
        if (group.State is GroupState.TableDamaged or GroupState.Missing)
        {
            TakeLost(read, segment, group);
            return;
        }

        foreach (var run in group.Runs)
        {
            Take(read, segment, run, group.LastNumber);
        }
    }

    private void Take(ReadSegment read, SegmentFile segment, in ScannedRun scanned, long group)
    {
        var run = scanned.Run;
        if (run.Kind == RunKind.Head)
        {
            TakeHead(read, segment, scanned, group);
        }
        else if (scanned.IsSound)
        {
            read.Contents.SliceOf(scanned.Topic).Add(run, group);
        }
        else
        {
            read.Contents.SliceOf(scanned.Topic).Add(Lose(run), group);
            read.IsDamaged = true;
            damage.OnDamaged(
                segment, run.Position, run.Length,
                $"records of topic '{scanned.Topic}' at offsets {run.FirstOffset} to {run.EndOffset - 1}: readers get a gap in their place");
        }
    }

    private void TakeHead(ReadSegment read, SegmentFile segment, in ScannedRun scanned, long group)
    {
        var head = scanned.IsSound ? ReadHead(segment, scanned.Run) : null;
        if (head is null)
        {
            read.IsDamaged = true;
            damage.OnDamaged(
                segment, scanned.Run.Position, scanned.Run.Length,
                $"the head of topic '{scanned.Topic}': positions of other nodes and producers are forgotten, offsets go on from {scanned.Run.FirstOffset}");
        }

        read.TakeHead(scanned.Topic, head, scanned.Run.FirstOffset, group);
    }

    private void TakeLost(ReadSegment read, SegmentFile segment, in ScannedGroup group)
    {
        read.IsDamaged = true;
        if (group.LastNumber >= group.FirstNumber)
        {
            lost.Add(group.LastNumber, group.RecordBytes);
        }

        damage.OnDamaged(
            segment, group.Position, group.Length,
            group.LastNumber < group.FirstNumber ? "bytes between groups, none of which is missing"
            : $"groups {group.FirstNumber} to {group.LastNumber}, with the tables that say what they held: readers get a gap where a topic goes on, and the others skip offsets before they do");
    }

    /// <summary>What stands for records that are damaged: their offsets and positions stay taken.</summary>
    private static RunDescriptor Lose(in RunDescriptor run) => run with
    {
        Kind = RunKind.Lost,
        First = run.Last,
        Length = 0,
        Crc = 0,
    };

    /// <summary>The head that <paramref name="run"/>, whose checksum fits, has; null where it means nothing.</summary>
    internal static TopicHead? ReadHead(SegmentFile segment, in RunDescriptor run)
    {
        var bytes = new byte[run.Length];
        var cursor = new SpanCursor(bytes.AsSpan(0, segment.File.Read(run.Position, bytes)), segment.Name, MeshErrorCode.LogCorrupted);
        try
        {
            var head = TopicHeadCodec.Read(ref cursor);
            return cursor.Remaining == 0 ? head : null;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            // Its checksum fits, but it means nothing: damaged, as far as the topic is concerned.
            return null;
        }
    }

    /// <summary>
    /// Writes bytes again as they are. If the flush of their first writing failed, the system shows them but has forgotten that they are not on the
    /// disk, and another flush alone would not change that.
    /// </summary>
    private static void WriteAgain(SegmentFile segment, long position, long length)
    {
        var bytes = new byte[Math.Min(CopyBytes, length)];
        for (var done = 0L; done < length;)
        {
            var part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, length - done));
            part = part[..segment.File.Read(position + done, part)];
            if (part.IsEmpty)
            {
                return;
            }

            segment.File.Write(position + done, part);
            done += part.Length;
        }
    }

    [LoggerMessage(EventIds.TornGroupCut, LogLevel.Information, "{Segment}: group {Group} at byte {Position} was never written as a whole, so never acknowledged; it is cut")]
    private partial void LogCut(string segment, long group, long position);
}
