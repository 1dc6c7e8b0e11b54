using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage;

/// <summary>Records read from a log. Dispose it when its records' bodies are no longer needed: they may lie in a pooled buffer.</summary>
public sealed class RecordBatch : IDisposable
{
    private IDisposable? _buffers;

    /// <summary>Creates a batch over <paramref name="records"/>; <paramref name="buffers"/> is disposed with it.</summary>
    public RecordBatch(IReadOnlyList<EventRecord> records, LogOffset next, IDisposable? buffers = null)
    {
        Records = records;
        Next = next;
        _buffers = buffers;
    }

    /// <summary>The records, in log order.</summary>
    public IReadOnlyList<EventRecord> Records { get; }

    /// <summary>Where the next read begins.</summary>
    public LogOffset Next { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers?.Dispose();
        _buffers = null;
    }
}
