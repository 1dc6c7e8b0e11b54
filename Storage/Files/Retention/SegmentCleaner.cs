using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Gives the room of segments back that hold nothing any more. One thread at a time.</summary>
/// <remarks>
/// Heads outlive events: a segment goes only when every topic in it has its head in a later one, flushed. Where one has not, its head is written again first, and
/// the segment goes at a later sweep.
/// </remarks>
internal sealed partial class SegmentCleaner(
    FileStorageOptions options, TopicTable topics, SegmentSet segments, SectionCache sections, SpareSegments spares, Journal.Journal journal, ILogger logger)
{
    /// <summary>Trims what the oldest segments hold until the rest is within <paramref name="maxBytes"/>; zero for no limit.</summary>
    public void TrimOldest(long maxBytes)
    {
        var bytes = segments.Bytes;
        foreach (var segment in segments.All())
        {
            if (maxBytes == 0 || bytes <= maxBytes || !segment.IsSealed)
            {
                return;
            }

            bytes -= segment.File.Length;
            foreach (var entry in Directory(segment))
            {
                TrimIn(entry, segment.Number);
            }
        }
    }

    /// <summary>Gives back what holds nothing, and prepares what would hold nothing but heads.</summary>
    public void Clean(long nowUnixMs)
    {
        foreach (var segment in segments.All())
        {
            if (!segment.IsSealed)
            {
                return;
            }

            var entries = Directory(segment);
            if (entries.All(entry => IsDead(entry, segment.Number)) && CarryHeads(entries, segment.Number, nowUnixMs))
            {
                Drop(segment, entries);
            }
        }
    }

    /// <summary>Whether every head is known without the segment; where one is not, it is handed over to be written again.</summary>
    private bool CarryHeads(DirectoryEntry[] entries, long number, long nowUnixMs)
    {
        var isFree = true;
        foreach (var entry in entries)
        {
            if (topics.Find(entry.Topic) is { } topic && !HasHeadBeyond(topic, number) && !IsForgotten(topic, nowUnixMs))
            {
                isFree = false;
                journal.CarryHead(topic);
            }
        }

        return isFree;
    }

    private void Drop(SegmentFile segment, DirectoryEntry[] entries)
    {
        foreach (var entry in entries)
        {
            if (topics.Find(entry.Topic) is { } topic)
            {
                bool isLast;
                lock (topic.Gate)
                {
                    topic.Drop(segment.Number);
                    isLast = topic.Slices.Length == 0 && topic.Open.Length == 0;
                }

                if (isLast)
                {
                    topics.Remove(entry.Topic);
                }
            }
        }

        segments.Remove(segment);
        sections.Forget(segment);
        LogDropped(segment.Name);
        segment.Retire(() => Recycle(segment));
    }

    private void Recycle(SegmentFile segment)
    {
        try
        {
            spares.Recycle(segment);
        }
        catch (IOException e)
        {
            // The file keeps a name of its own; the next start finds it dead or as a spare.
            LogNotRecycled(segment.Name, e);
        }
    }

    private void TrimIn(DirectoryEntry entry, long number)
    {
        if (entry.Topic.IsState || topics.Find(entry.Topic) is not { } topic)
        {
            return;
        }

        long start, end;
        lock (topic.Gate)
        {
            (start, end) = (topic.Start, topic.EndIn(number));
        }

        if (end > start)
        {
            journal.Retain(topic, end);
        }
    }

    private bool IsDead(DirectoryEntry entry, long number)
    {
        if (topics.Find(entry.Topic) is not { } topic)
        {
            return true;
        }

        lock (topic.Gate)
        {
            return topic.IsDeadIn(number);
        }
    }

    private static bool HasHeadBeyond(TopicLog topic, long number)
    {
        lock (topic.Gate)
        {
            return topic.HasHeadBeyond(number);
        }
    }

    /// <summary>Whether the topic was deleted so long ago that even its numbering may go; nobody writes to it.</summary>
    private bool IsForgotten(TopicLog topic, long nowUnixMs)
    {
        lock (topic.Gate)
        {
            return topic.DeletedAtUnixMs > 0
                && topic.DeletedAtUnixMs < nowUnixMs - (long)options.DeletedTopicMemory.TotalMilliseconds
                && topic.Flushed is null;
        }
    }

    private static DirectoryEntry[] Directory(SegmentFile segment) =>
        FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation) is { } trailer
            ? FooterReader.ReadDirectory(segment.File, trailer) ?? throw Damaged(segment)
            : throw Damaged(segment);

    private static EventMeshException Damaged(SegmentFile segment) => new(
        MeshErrorCode.LogCorrupted, $"The footer of '{segment.Name}' is damaged; the segment is kept, and the next start rebuilds the footer.");

    [LoggerMessage(EventIds.SegmentDropped, LogLevel.Information, "{Segment} held nothing any more; its room is used again")]
    private partial void LogDropped(string segment);

    [LoggerMessage(EventIds.SegmentNotRecycled, LogLevel.Warning, "The room of {Segment} could not be given back")]
    private partial void LogNotRecycled(string segment, Exception exception);
}
