using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Reading;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Reads a topic of the store on files: places are looked up under the topic's gate, files are read outside it, on the caller's thread. Thread-safe.</summary>
/// <remarks>Where the disk fails, the call fails with <c>LogFailed</c>; where a footer's section is damaged, with <c>LogCorrupted</c>. Damaged records become a gap, and are reported.</remarks>
internal sealed class FileTopicReader(ReadSources sources, TopicName topic) : ITopicReader
{
    private static readonly byte[] Trimmed = GapBody.Encode(new Gap(default, Position.None, Position.None, GapReason.Trimmed));

    private readonly TopicSearch _search = new(sources);

    public TopicName Topic { get; } = topic;

    public TopicBounds Bounds
    {
        get
        {
            if (Find() is not { } log)
            {
                return default;
            }

            lock (log.Gate)
            {
                return new TopicBounds(new LogOffset(log.Start), new LogOffset(log.Limit));
            }
        }
    }

    public Position FlushedPosition(NodeId origin) => Look(origin, static (search, log, origin) => search.FlushedPosition(log, origin));

    public IReadOnlyList<KeyValuePair<NodeId, Position>> FlushedPositions() => Look(0, static (search, log, _) => search.FlushedPositions(log)) ?? [];

    public LogOffset OffsetAfter(NodeId origin, Position position) =>
        new(Look((Origin: sources.OriginOf(origin), Position: position), static (search, log, wanted) => search.OffsetAfter(log, wanted.Origin, wanted.Position)));

    public Position PositionBefore(NodeId origin, LogOffset offset) =>
        Look((Origin: sources.OriginOf(origin), Offset: offset.Value), static (search, log, wanted) => search.PositionBefore(log, wanted.Origin, wanted.Offset));

    public LogOffset OffsetAtTime(long timeUnixMs) => new(Look(timeUnixMs, static (search, log, time) => search.OffsetAtTime(log, time)));

    public ValueTask<RecordBatch> ReadAsync(LogOffset from, int maxBytes, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from.Value, nameof(from));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RecordBatch>(cancellationToken);
        }

        try
        {
            return new(Find() is { } log ? Read(log, from.Value, maxBytes, maxRecords) : new RecordBatch([], from));
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<RecordBatch>(e);
        }
        catch (IOException e)
        {
            return ValueTask.FromException<RecordBatch>(Failed(e));
        }
    }

    private RecordBatch Read(TopicLog log, long from, int maxBytes, int maxRecords)
    {
        var records = new PooledRecords();
        var filler = new BatchFiller(sources, _search, log, records, from, maxBytes, maxRecords);
        try
        {
            while (TryFill(log, records, ref filler))
            {
            }

            return new RecordBatch(records, new LogOffset(filler.Next), records);
        }
        catch (Exception)
        {
            records.Dispose();
            throw;
        }
        finally
        {
            filler.Dispose();
        }
    }

    /// <summary>Adds what the next part of the topic has; false at the end, or when the batch is full.</summary>
    private bool TryFill(TopicLog log, PooledRecords records, ref BatchFiller filler)
    {
        var place = TopicPlace.Of(log, filler.Next);
        if (filler.Next < place.Start)
        {
            // In the middle of a batch retention has just taken what would come next, which the next read will say.
            var trimmedAt = place.TrimmedAtUnixMs > 0 ? place.TrimmedAtUnixMs : _search.TrimmedAt(log);
            return records.Count == 0 && filler.TryAddGap(place.Start, default, Position.None, trimmedAt, Trimmed);
        }

        if (filler.Next >= place.Limit)
        {
            return false;
        }

        if (place.IsNowhere)
        {
            // Damage has taken every segment that had records of the topic.
            return filler.TryAddHole(place.Limit, place.LastAppendUnixMs);
        }

        if (!sources.TryHold(log, place, out var held))
        {
            return true;
        }

        using (held)
        {
            return filler.TryFill(place, held);
        }
    }

    private TopicLog? Find() => sources.Topics.Find(Topic);

    private T? Look<T, TState>(TState state, Func<TopicSearch, TopicLog, TState, T> look)
    {
        if (Find() is not { } log)
        {
            return default;
        }

        try
        {
            return look(_search, log, state);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    private EventMeshException Failed(IOException reason) => new(
        MeshErrorCode.LogFailed, $"Topic '{Topic}' could not be read: {reason.Message} Check the disk; what is written goes on, and the read may be tried again.", reason);
}
