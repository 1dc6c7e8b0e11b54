using System.Buffers.Binary;
using System.Diagnostics;
using EventMesh.Core.Events;

namespace EventMesh.Benchmarks.Support;

/// <summary>The events that are measured with.</summary>
internal static class Payloads
{
    /// <summary>Bytes of every payload.</summary>
    public const int Bytes = 256;

    /// <summary>The same bytes in every run, and none that compress away.</summary>
    public static ReadOnlyMemory<byte> Standard { get; } = Make();

    /// <summary>A batch of <paramref name="count"/> standard payloads.</summary>
    public static EventBatch Batch(int count)
    {
        var builder = new EventBatchBuilder(count * (Bytes + 8));
        for (var i = 0; i < count; i++)
        {
            builder.Add(Standard.Span);
        }

        return builder.BuildCopy();
    }

    /// <summary>A payload that begins with the time of now.</summary>
    public static ReadOnlyMemory<byte> Stamped()
    {
        var payload = Standard.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(payload, Stopwatch.GetTimestamp());
        return payload;
    }

    /// <summary>How long ago a <see cref="Stamped"/> payload was made, in the same process.</summary>
    public static TimeSpan Age(ReadOnlySpan<byte> payload) => Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(payload));

    private static byte[] Make()
    {
        var payload = new byte[Bytes];
        new Random(1).NextBytes(payload);
        return payload;
    }
}
