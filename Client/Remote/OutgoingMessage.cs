using EventMesh.Client.Publishing;
using EventMesh.Protocol.Mesh.V1;
using Google.Protobuf;

namespace EventMesh.Client.Remote;

/// <summary>A publish message and how much of it is answered.</summary>
internal sealed class OutgoingMessage
{
    public List<PendingBatch> Batches { get; } = [];

    public int Events { get; set; }

    public long Bytes { get; set; }

    /// <summary>Batches that have their result: results come in the order of the batches.</summary>
    public int Answered { get; set; }

    /// <summary>Timestamp at which it was sent.</summary>
    public long SentAt { get; set; }

    public void Add(PendingBatch batch)
    {
        Batches.Add(batch);
        Events += batch.Count;
        Bytes += batch.Bytes;
    }

    /// <summary>The message itself. It shares the batches' buffers, which nobody changes any more.</summary>
    public PublishMessage ToWire()
    {
        var message = new PublishMessage();
        foreach (var batch in Batches)
        {
            var events = batch.Events;
            message.Requests.Add(new PublishRequest
            {
                Topic = batch.Topic.Value,
                Durability = WireConvert.ToWire(batch.Durability),
                Packed = new PackedEvents { Count = events.Count, Entries = UnsafeByteOperations.UnsafeWrap(events.Bytes) },
                Producer = batch.Producer.Producer.Value,
                ProducerSequence = batch.Producer.FirstSequence,
            });
        }

        return message;
    }
}
