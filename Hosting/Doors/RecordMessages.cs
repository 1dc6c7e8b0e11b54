using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using Google.Protobuf;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>Puts records into messages. The messages hold copies: the records' buffers may go as soon as they are made.</summary>
internal static class RecordMessages
{
    public static Wire.TopicRecords ToWire(TopicName topic, IReadOnlyList<EventRecord> records, LogOffset next, LogOffset end, bool packed)
    {
        var message = new Wire.TopicRecords { Topic = topic.Value, NextOffset = next.Value, EndOffset = end.Value };
        if (packed)
        {
            var all = RecordPacker.Pack(records);
            message.Packed = new Wire.PackedRecords { Count = all.Count, Entries = UnsafeByteOperations.UnsafeWrap(all.Entries) };
            message.Packed.Origins.Add(all.Origins);
        }
        else
        {
            foreach (var record in records)
            {
                message.Records.Add(ToWire(record));
            }
        }

        return message;
    }

    private static Wire.Record ToWire(in EventRecord record)
    {
        var message = new Wire.Record
        {
            Offset = record.Offset.Value,
            NextOffset = record.Next.Value,
            Origin = record.Origin.Value,
            Incarnation = record.Position.Incarnation.Value,
            Sequence = record.Position.Sequence,
            TimeUnixMs = record.TimeUnixMs,
        };
        if (record.Kind == RecordKind.Gap)
        {
            message.Gap = GapToWire(record);
        }
        else
        {
            message.Event = new Wire.Event { Payload = ByteString.CopyFrom(EventBody.Payload(record.Body).Span) };
            foreach (var (name, value) in EventBody.Headers(record.Body.Span))
            {
                message.Event.Headers.Add(new Wire.Header { Name = name, Value = value });
            }
        }

        return message;
    }

    private static Wire.Gap GapToWire(in EventRecord record)
    {
        var gap = GapBody.Decode(record.Body.Span);
        return new Wire.Gap
        {
            Origin = gap.Origin.Value,
            FromIncarnation = gap.From.Incarnation.Value,
            FromSequence = gap.From.Sequence,
            ToIncarnation = gap.To.Incarnation.Value,
            ToSequence = gap.To.Sequence,
            Reason = (Wire.GapReason)gap.Reason,
            Code = (int)gap.Code,
        };
    }
}
