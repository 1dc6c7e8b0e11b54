using System.Buffers;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Events;

/// <summary>Packs events into an <see cref="EventBatch"/>. One thread at a time.</summary>
public sealed class EventBatchBuilder
{
    private readonly ArrayBufferWriter<byte> _buffer;

    /// <summary>Creates a builder with room for <paramref name="capacity"/> bytes before it grows.</summary>
    public EventBatchBuilder(int capacity = 1024) => _buffer = new ArrayBufferWriter<byte>(capacity);

    /// <summary>Events so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes so far.</summary>
    public int Bytes => _buffer.WrittenCount;

    /// <summary>UTC milliseconds that times are kept relative to; set it before the first <see cref="AddEncoded"/>.</summary>
    public long BaseTimeUnixMs { get; set; }

    /// <summary>Encodes and adds one event, at the batch's base time.</summary>
    /// <exception cref="EventMeshException">A limit of events or batches is passed; nothing was added.</exception>
    public void Add(ReadOnlySpan<byte> payload, IReadOnlyList<KeyValuePair<string, string>>? headers = null)
    {
        headers ??= [];
        var size = EventBody.Measure(headers, payload.Length);
        EventBody.Write(Reserve(0, size), headers, payload);
    }

    /// <summary>Adds an event that is encoded already, as it is.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidBatchSize"/>; nothing was added.</exception>
    public void AddEncoded(ReadOnlySpan<byte> body, long timeUnixMs) => body.CopyTo(Reserve(timeUnixMs - BaseTimeUnixMs, body.Length));

    /// <summary>The batch so far. It shares the builder's buffer: call <see cref="Reset"/> before adding more, once nobody holds the batch.</summary>
    public EventBatch Build() => new(Count, BaseTimeUnixMs, _buffer.WrittenMemory);

    /// <summary>The batch so far, in a buffer of its own.</summary>
    public EventBatch BuildCopy() => new(Count, BaseTimeUnixMs, _buffer.WrittenSpan.ToArray());

    /// <summary>Empties the builder and keeps its buffer.</summary>
    public void Reset()
    {
        _buffer.ResetWrittenCount();
        Count = 0;
    }

    private Span<byte> Reserve(long timeDelta, int bodyLength)
    {
        var delta = Varint.ZigZag(timeDelta);
        var size = Varint.Size(delta) + Varint.Size((ulong)bodyLength) + bodyLength;
        if (Count >= EventLimits.MaxBatchEvents || _buffer.WrittenCount + size > EventLimits.MaxBatchBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidBatchSize,
                $"The batch would pass {EventLimits.MaxBatchEvents} events or {EventLimits.MaxBatchBytes} bytes.");
        }

        var span = _buffer.GetSpan(size)[..size];
        var at = Varint.Write(span, delta);
        at += Varint.Write(span[at..], (ulong)bodyLength);
        _buffer.Advance(size);
        Count++;
        return span[at..];
    }
}
