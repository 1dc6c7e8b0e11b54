using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using Durability = EventMesh.Core.Events.Durability;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>Checks what a client wants published and puts it into the form that the node stores.</summary>
internal static class PublishRequests
{
    /// <exception cref="EventMeshException">The rule that is broken, with the field.</exception>
    public static CheckedPublish Read(Wire.PublishRequest request)
    {
        var topic = TopicName.Parse(request.Topic);
        var durability = request.Durability switch
        {
            Wire.Durability.Unspecified => Durability.Default,
            Wire.Durability.Disk => Durability.Disk,
            Wire.Durability.Os => Durability.Os,
            Wire.Durability.Memory => Durability.Memory,
            _ => throw DoorErrors.Invalid("durability", $"{(int)request.Durability} is none of 0 to 3"),
        };
        if (request.Packed is not null && request.Events.Count > 0)
        {
            throw DoorErrors.Invalid("packed", "must not be set together with events");
        }

        return new(topic, request.Packed is { } packed ? Check(packed) : Pack(request), ReadProducer(request), durability);
    }

    public static Wire.Receipt ToWire(PublishReceipt receipt) => new()
    {
        Origin = receipt.Origin.Node.Value,
        Incarnation = receipt.Origin.Incarnation.Value,
        FirstSequence = receipt.FirstSequence,
        FirstOffset = receipt.FirstOffset.Value,
        Count = receipt.Count,
        Durability = receipt.Durability switch
        {
            Durability.Memory => Wire.Durability.Memory,
            Durability.Os => Wire.Durability.Os,
            _ => Wire.Durability.Disk,
        },
        Duplicate = receipt.IsDuplicate,
    };

    private static ProducerStamp ReadProducer(Wire.PublishRequest request)
    {
        if (request.Producer.Length > 0)
        {
            return request.ProducerSequence >= 0
                ? new ProducerStamp(ProducerId.Parse(request.Producer), request.ProducerSequence)
                : throw DoorErrors.Invalid("producer_sequence", $"{request.ProducerSequence} must be 0 or more");
        }

        return request.ProducerSequence == 0 ? default : throw DoorErrors.Invalid("producer", "must be set together with producer_sequence");
    }

    private static EventBatch Check(Wire.PackedEvents packed)
    {
        var batch = new EventBatch(packed.Count, 0, packed.Entries.Memory);
        EventBatchReader.Validate(batch);
        var entries = new EventBatchReader(batch);
        while (entries.MoveNext())
        {
            if (entries.TimeUnixMs != 0)
            {
                throw new EventMeshException(
                    MeshErrorCode.MalformedEvent, $"packed: event {entries.Read - 1} brings a time of its own; the node's clock gives it.");
            }
        }

        return batch;
    }

    private static EventBatch Pack(Wire.PublishRequest request)
    {
        if (request.Events.Count == 0)
        {
            throw new EventMeshException(MeshErrorCode.InvalidBatchSize, "events: is empty; a publish needs at least one.");
        }

        var builder = new EventBatchBuilder(Math.Min(request.CalculateSize() + 64, EventLimits.MaxBatchBytes));
        foreach (var item in request.Events)
        {
            var headers = item.Headers.Count == 0
                ? null
                : item.Headers.Select(static header => KeyValuePair.Create(header.Name, header.Value)).ToList();
            builder.Add(item.Payload.Span, headers);
        }

        return builder.Build();
    }
}

/// <summary>A publish of which everything that can be known before it is stored has been checked.</summary>
internal readonly record struct CheckedPublish(TopicName Topic, EventBatch Events, ProducerStamp Producer, Durability Durability);
