using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Events;

/// <summary>Walks the entries of an <see cref="EventBatch"/> without copying. Bounds are checked as it goes.</summary>
public ref struct EventBatchReader
{
    private readonly EventBatch _batch;

    /// <summary>Starts before the first entry.</summary>
    public EventBatchReader(EventBatch batch) => _batch = batch;

    /// <summary>UTC milliseconds at which the origin appended the current event.</summary>
    public long TimeUnixMs { get; private set; }

    /// <summary>The current event's encoded body: a slice of the batch's bytes.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Entries read so far.</summary>
    public int Read { get; private set; }

    /// <summary>Bytes of the entries read so far.</summary>
    public int Offset { get; private set; }

    /// <summary>Moves to the next entry; false after the last.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.MalformedEvent"/>.</exception>
    public bool MoveNext()
    {
        if (Read == _batch.Count)
        {
            return false;
        }

        var cursor = new SpanCursor(_batch.Bytes.Span[Offset..], "batch");
        TimeUnixMs = _batch.BaseTimeUnixMs + cursor.Signed("time");
        var length = cursor.Length(EventLimits.MaxEventBytes, "body length");
        Body = _batch.Bytes.Slice(Offset + cursor.Offset, length);
        Offset += cursor.Offset + length;
        Read++;
        return true;
    }

    /// <summary>Checks a batch that came from outside: its size, its entries, every event in it, and that nothing follows the last.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidBatchSize"/>, <see cref="MeshErrorCode.MalformedEvent"/>,
    /// <see cref="MeshErrorCode.InvalidHeaders"/> or <see cref="MeshErrorCode.EventTooLarge"/>.</exception>
    public static void Validate(EventBatch batch)
    {
        if (batch.Count is < 1 or > EventLimits.MaxBatchEvents || batch.Bytes.Length > EventLimits.MaxBatchBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidBatchSize,
                $"A batch of {batch.Count} events and {batch.Bytes.Length} bytes; allowed are 1 to {EventLimits.MaxBatchEvents} events and {EventLimits.MaxBatchBytes} bytes.");
        }

        var reader = new EventBatchReader(batch);
        while (reader.MoveNext())
        {
            EventBody.Validate(reader.Body.Span);
            if (reader.TimeUnixMs is < 0 or > EventLimits.MaxTimeUnixMs)
            {
                throw new EventMeshException(
                    MeshErrorCode.MalformedEvent, $"batch: the time {reader.TimeUnixMs} of event {reader.Read - 1} is not between the years 1970 and 9999.");
            }
        }

        if (reader.Offset != batch.Bytes.Length)
        {
            throw new EventMeshException(
                MeshErrorCode.MalformedEvent, $"batch: {batch.Bytes.Length - reader.Offset} bytes follow the last event.");
        }
    }
}
