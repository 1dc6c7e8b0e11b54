using EventMesh.Cli.Output;
using EventMesh.Storage.Files.Tools;

namespace EventMesh.Cli.Commands.Log;

/// <summary>An inspection as JSON, one object a line, each with its <c>kind</c>.</summary>
internal static class InspectionJson
{
    public static async Task WriteAsync(TextWriter output, StoreInspection store, bool segments, bool topics)
    {
        await output.WriteLineAsync(JsonLine.Of(Store(store)));
        foreach (var segment in segments ? store.Segments : [])
        {
            await output.WriteLineAsync(JsonLine.Of(Segment(segment)));
        }

        foreach (var topic in topics ? store.Topics : [])
        {
            await output.WriteLineAsync(JsonLine.Of(Topic(topic)));
        }

        foreach (var damage in store.Damage)
        {
            await output.WriteLineAsync(JsonLine.Of(new
            {
                kind = "damage",
                time = damage.Time,
                file = damage.File,
                position = damage.Position,
                length = damage.Length,
                what = damage.What,
                setAside = damage.SetAside,
            }));
        }

        await WriteAsync(output, store.Findings);
    }

    /// <summary>Writes the findings of any of the tools.</summary>
    public static async Task WriteAsync(TextWriter output, IEnumerable<StoreFinding> findings)
    {
        foreach (var finding in findings)
        {
            await output.WriteLineAsync(JsonLine.Of(Finding(finding)));
        }
    }

    private static object Finding(StoreFinding finding) => new
    {
        kind = "finding",
        severity = finding.Kind,
        file = finding.File,
        position = finding.Position,
        what = finding.What,
        whatToDo = finding.WhatToDo,
    };

    private static object Store(StoreInspection store) => new
    {
        kind = "store",
        location = store.Location,
        node = store.Store?.Node.Value,
        storeId = store.Store?.StoreId,
        incarnation = store.Store?.Incarnation.Value,
        isClosed = store.Store?.IsClosed,
        doubtGroup = store.Store?.DoubtGroup,
        lastGroup = store.LastGroup,
        segments = store.Segments.Count,
        fileBytes = store.Segments.Sum(static segment => segment.FileBytes),
        recordBytes = store.Segments.Sum(static segment => segment.RecordBytes),
        liveRecordBytes = store.Segments.Sum(static segment => segment.LiveRecordBytes),
        topics = store.TopicCount,
        damagedRanges = store.Damage.Count,
    };

    private static object Segment(SegmentDescription segment) => new
    {
        kind = "segment",
        number = segment.Number,
        generation = segment.Generation,
        condition = segment.Condition,
        isRewritten = segment.IsRewritten,
        createdAt = segment.CreatedAt,
        firstGroup = segment.FirstGroup,
        lastGroup = segment.LastGroup,
        topics = segment.Topics,
        fileBytes = segment.FileBytes,
        usedBytes = segment.UsedBytes,
        recordBytes = segment.RecordBytes,
        liveRecordBytes = segment.LiveRecordBytes,
    };

    private static object Topic(TopicDescription topic) => new
    {
        kind = "topic",
        topic = topic.Topic.Value,
        startOffset = topic.Start.Value,
        nextOffset = topic.Next.Value,
        bytes = topic.Bytes,
        segments = topic.Segments,
        lastAppendAt = topic.LastAppendAt,
        trimmedAt = topic.TrimmedAt,
        deletedAt = topic.DeletedAt,
        origins = topic.Positions.Select(static pair => new { node = pair.Key.Value, incarnation = pair.Value.Incarnation.Value, sequence = pair.Value.Sequence }),
        producers = topic.Producers,
    };
}
