using System.Runtime.InteropServices;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Storage;

namespace EventMesh.Grains.Catalog;

/// <summary>Turns records that were read into a message.</summary>
public static class RecordBatchMessages
{
    /// <summary>The records, packed; the message holds nothing of the batch's buffers.</summary>
    public static TopicRecords ToMessage(this RecordBatch batch, TopicName topic, LogOffset end)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var packed = RecordPacker.Pack(batch.Records);
        return new TopicRecords(topic.Value, batch.Next.Value, end.Value, packed.Count, [.. packed.Origins], ToArray(packed.Entries));
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : bytes.ToArray();
}
