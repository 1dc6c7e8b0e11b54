using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Compares a segment's footer with what its groups say. Not thread-safe.</summary>
/// <param name="node">Whose store it is.</param>
/// <param name="segments">What has just read the segment's groups.</param>
/// <param name="findings">Hears of what is wrong.</param>
/// <param name="progress">Hears of how far it is.</param>
internal sealed class FooterAudit(NodeId node, SegmentAudit segments, FindingBox findings, ProgressMeter progress)
{
    private const string RebuildAdvice = "The groups are what counts: move the node's store to a sound disk if this is one of many, and report it with the segment otherwise.";

    /// <summary>Checks the footer of a sealed segment whose groups have been checked.</summary>
    public void Check(ToolSegment segment, FooterTrailer trailer, SegmentVerdict verdict)
    {
        if (verdict.IsExact && (trailer.FirstGroup != segment.File.Header.FirstGroup || trailer.LastGroup != verdict.LastGroup))
        {
            findings.Damage(
                segment.File.Name, segment.File.File.Length - FooterTrailer.Bytes,
                $"The footer says that the segment holds groups {trailer.FirstGroup} to {trailer.LastGroup}, but it holds {segment.File.Header.FirstGroup} to {verdict.LastGroup}.", RebuildAdvice);
        }

        if (FooterReader.ReadDirectory(segment.File.File, trailer) is not { } entries)
        {
            findings.Damage(
                segment.File.Name, trailer.DirectoryPosition, "The directory of the footer is damaged; nothing is lost: the groups say the same.", "Start the node again: it makes the footer anew.");
            return;
        }

        var touched = 0;
        foreach (ref readonly var entry in entries.AsSpan())
        {
            var topic = segments.TopicOf(entry.Topic);
            touched += topic.Segment == segment.File.Number ? 1 : 0;
            Check(segment, entry, topic, verdict);
        }

        if (verdict.IsExact && touched != segments.Touched)
        {
            findings.Damage(
                segment.File.Name, trailer.DirectoryPosition, $"The footer leaves out {segments.Touched - touched} topics that the groups have records of.", RebuildAdvice);
        }

        progress.Reach(segment.File.Name, segment.File.File.Length - trailer.FooterPosition);
    }

    private void Check(ToolSegment segment, in DirectoryEntry entry, TopicAudit topic, SegmentVerdict verdict)
    {
        SliceContent content;
        try
        {
            content = SectionReader.Read(segment.File, entry.Slice);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            findings.Damage(
                segment.File.Name, entry.Slice.Position, $"The section of topic '{entry.Topic}' in the footer is damaged; nothing is lost: the groups say the same. {e.Message}",
                "Its records there cannot be read until the footer is made anew: restore the store from a backup, or report it with the segment.");
            return;
        }

        if (topic.Begin(segment.File.Number) && verdict.IsExact)
        {
            Tell(segment, entry, "the groups have no record of it");
        }

        var problem = verdict.IsExact ? Compare(content, topic) ?? topic.CompareBefore(content.Before) : null;
        problem ??= topic.ApplyHead(content.Head, entry.Slice.Position, verdict.LastGroup, verdict.IsExact) ?? Compare(entry, content);
        foreach (var lost in content.Runs.Where(static run => run.Kind == RunKind.Lost))
        {
            topic.Explain(lost.FirstOffset, lost.EndOffset);
        }

        if (problem is not null)
        {
            Tell(segment, entry, problem);
        }
    }

    private static string? Compare(SliceContent content, TopicAudit topic)
    {
        var digest = 0UL;
        foreach (ref readonly var run in content.Runs.AsSpan())
        {
            digest = TopicAudit.Mix(digest, run);
        }

        return content.Runs.Length != topic.Runs ? $"it has {content.Runs.Length} runs in the footer and {topic.Runs} in the groups"
            : digest != topic.Digest ? "its runs in the footer are not those in the groups"
            : null;
    }

    private string? Compare(in DirectoryEntry entry, SliceContent content)
    {
        var head = content.Head;
        var own = head.Positions.FirstOrDefault(pair => pair.Key == node).Value;
        var first = content.Runs.Length > 0 ? content.Runs[0].FirstOffset : head.Next;
        return (entry.Start, entry.Next, entry.LastAppendUnixMs, entry.DeletedAtUnixMs, entry.Own, entry.Slice.FirstOffset)
                != (head.Start, head.Next, head.LastAppendUnixMs, head.DeletedAtUnixMs, own, first)
            || entry.Slice.RecordBytes != content.Runs.Sum(static run => (long)run.Length)
                ? "the directory and the section of the footer do not agree"
                : null;
    }

    private void Tell(ToolSegment segment, in DirectoryEntry entry, string problem) =>
        findings.Damage(segment.File.Name, entry.Slice.Position, $"Topic '{entry.Topic}' in the footer: {problem}.", RebuildAdvice);
}
