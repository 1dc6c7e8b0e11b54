using EventMesh.Core.Events;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Journal;

/// <summary>A part of a batch that becomes one run.</summary>
/// <param name="Count">Its events.</param>
/// <param name="Start">Where its bytes begin in the batch.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Crc">Their checksum.</param>
internal readonly record struct BatchChunk(int Count, int Start, int Length, uint Crc)
{
    /// <summary>
    /// Bytes above which a run ends: a run is read and checked as a whole, so this bounds what a reader of one event pays. An event that is larger is a run of its own.
    /// </summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Chunks that a batch of any allowed size has at most: two neighbours are together larger than <see cref="MaxBytes"/>.</summary>
    public const int MaxCount = (2 * EventLimits.MaxBatchBytes / MaxBytes) + 2;

    /// <summary>Splits a batch from event number <paramref name="skip"/> on, and checks that every entry can be read.</summary>
    /// <param name="events">The batch.</param>
    /// <param name="skip">Events at its front that are left out; fewer than it has.</param>
    /// <param name="chunks">Room for <see cref="MaxCount"/>.</param>
    /// <returns>How many chunks.</returns>
    /// <exception cref="Core.Errors.EventMeshException"><c>MalformedEvent</c>.</exception>
    public static int Split(EventBatch events, int skip, Span<BatchChunk> chunks)
    {
        var reader = new EventBatchReader(events);
        while (reader.Read < skip && reader.MoveNext())
        {
        }

        var bytes = events.Bytes.Span;
        var made = 0;
        var (start, count, end) = (reader.Offset, 0, reader.Offset);
        while (reader.MoveNext())
        {
            if (count > 0 && reader.Offset - start > MaxBytes)
            {
                chunks[made++] = Make(bytes, count, start, end);
                (start, count) = (end, 0);
            }

            (count, end) = (count + 1, reader.Offset);
        }

        chunks[made++] = Make(bytes, count, start, end);
        return made;
    }

    private static BatchChunk Make(ReadOnlySpan<byte> bytes, int count, int start, int end) =>
        new(count, start, end - start, Crc32C.Compute(bytes[start..end]));
}
