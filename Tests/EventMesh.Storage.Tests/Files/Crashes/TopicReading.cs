using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Reads a topic as its readers do, and holds it against the ledger.</summary>
internal static class TopicReading
{
    /// <summary>Reads without waiting, which the store on files allows.</summary>
    public static RecordBatch Now(this ITopicReader reader, long from, int maxBytes = 16 * 1024, int maxRecords = 64)
    {
        var read = reader.ReadAsync(new LogOffset(from), maxBytes, maxRecords, CancellationToken.None).AsTask();
        CrashViolation.ThrowUnless(read.IsCompleted, "The store made a reader wait.");
        return read.GetAwaiter().GetResult();
    }

    /// <summary>Reads what has become readable and remembers that it was shown.</summary>
    public static void CheckNew(CrashPlan plan, TopicLedger topic, ITopicReader reader)
    {
        var bounds = CheckBounds(plan, topic, reader);
        var from = Math.Max(topic.SeenEnd, bounds.Start.Value);
        (topic.SeenStart, topic.SeenEnd) = (bounds.Start.Value, bounds.End.Value);
        CheckRecords(topic, reader, from);
    }

    /// <summary>Reads everything, the gap in place of what was trimmed included.</summary>
    public static void CheckAll(CrashPlan plan, TopicLedger topic, ITopicReader reader)
    {
        var bounds = CheckBounds(plan, topic, reader);
        (topic.SeenStart, topic.SeenEnd) = (bounds.Start.Value, bounds.End.Value);
        if (bounds.Start.Value > 0)
        {
            using var batch = reader.Now(0);
            var gap = batch.Records[0];
            CrashViolation.ThrowUnless(
                gap.Kind == RecordKind.Gap && gap.Origin.IsEmpty && gap.Next == bounds.Start && GapBody.Decode(gap.Body.Span).Reason == GapReason.Trimmed,
                $"{topic.Topic} begins at {bounds.Start}, but a reader at 0 gets {gap}.");
        }

        CheckRecords(topic, reader, bounds.Start.Value);
    }

    /// <summary>Whether what the store finds by origin, position and time is what its records say.</summary>
    public static void CheckIndex(TopicLedger topic, ITopicReader reader)
    {
        var origins = topic.Records.Select(static record => record.Origin).Distinct().ToList();
        var positions = reader.FlushedPositions();
        CrashViolation.ThrowUnless(positions.Count == origins.Count, $"{topic.Topic} has positions of {positions.Count} origins instead of {origins.Count}.");
        foreach (var origin in origins)
        {
            var held = topic.Held(origin);
            CrashViolation.ThrowUnless(reader.FlushedPosition(origin) == held, $"{topic.Topic} holds {origin} up to {reader.FlushedPosition(origin)} instead of {held}.");
            CrashViolation.ThrowUnless(positions.Contains(new(origin, held)), $"{topic.Topic} lists another position of {origin} than {held}.");
            foreach (var offset in Probes(topic))
            {
                CheckPlace(topic, reader, origin, offset);
            }
        }
    }

    private static IEnumerable<long> Probes(TopicLedger topic)
    {
        var (start, end) = (topic.SeenStart, topic.SeenEnd);
        return new[] { start, start + 1, (start + end) / 2, (start + 3 * end) / 4, end - 1, end }.Where(offset => offset >= start && offset <= end).Distinct();
    }

    private static void CheckPlace(TopicLedger topic, ITopicReader reader, NodeId origin, long offset)
    {
        var before = topic.PositionBefore(origin, offset);
        var found = reader.PositionBefore(origin, new LogOffset(offset));
        CrashViolation.ThrowUnless(found == before, $"{topic.Topic}: the last position of {origin} before {offset} is {found} instead of {before}.");

        var after = topic.Records.FindIndex((int)topic.SeenStart, record => record.Origin == origin && record.Position > before);
        var expected = after < 0 ? topic.SeenEnd : after;
        var next = reader.OffsetAfter(origin, before).Value;
        CrashViolation.ThrowUnless(next == expected, $"{topic.Topic}: what follows {before} of {origin} is at {next} instead of {expected}.");
        if (offset < topic.SeenEnd && topic.Records[(int)offset] is { TimeUnixMs: { } time } record && record.Origin == CrashRig.Node)
        {
            var (at, behind) = (reader.OffsetAtTime(time).Value, reader.OffsetAtTime(time + 1).Value);
            CrashViolation.ThrowUnless(at <= offset && behind > offset, $"{topic.Topic}: {offset} was appended at {time}, which is said to be {at} to {behind}.");
        }
    }

    private static TopicBounds CheckBounds(CrashPlan plan, TopicLedger topic, ITopicReader reader)
    {
        var bounds = reader.Bounds;
        var (start, end) = (bounds.Start.Value, bounds.End.Value);
        CrashViolation.ThrowUnless(end >= topic.SeenEnd, $"{topic.Topic} ends at {end}, but was shown up to {topic.SeenEnd}.");
        CrashViolation.ThrowUnless(end <= topic.Records.Count, $"{topic.Topic} ends at {end}, but only {topic.Records.Count} records were handed over.");
        CrashViolation.ThrowUnless(start >= topic.SeenStart, $"{topic.Topic} begins at {start}, but began at {topic.SeenStart} before.");
        var allowed = Math.Max(topic.AskedStart, plan.Options.RetentionCount > 0 ? end - plan.Options.RetentionCount : 0);
        CrashViolation.ThrowUnless(start <= end && (start <= allowed || plan.Options.MaxTotalBytes > 0), $"{topic.Topic} begins at {start}, nobody asked beyond {allowed}.");
        return bounds;
    }

    private static void CheckRecords(TopicLedger topic, ITopicReader reader, long from)
    {
        for (var next = from; next < topic.SeenEnd;)
        {
            using var batch = reader.Now(next);
            foreach (var record in batch.Records)
            {
                CrashViolation.ThrowUnless(
                    record.Offset.Value == next && record.Next.Value == next + 1, $"{topic.Topic}: a reader at {next} gets {record.Offset} to {record.Next}.");
                var differs = topic.Records[(int)next].Differs(record);
                CrashViolation.ThrowUnless(differs is null, $"{topic.Topic}: the record at {next} {differs}.");
                next++;
            }

            CrashViolation.ThrowUnless(batch.Records.Count > 0 && batch.Next.Value == next, $"{topic.Topic}: a reader stops at {next}, the end is {topic.SeenEnd}.");
        }
    }
}
