using EventMesh.Client.Subscriptions;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Client.Remote;

/// <summary>Translates between the wire's messages and the client's types.</summary>
internal static class WireConvert
{
    public static Wire.Durability ToWire(Durability durability) => durability switch
    {
        Durability.Default => Wire.Durability.Unspecified,
        Durability.Memory => Wire.Durability.Memory,
        Durability.Os => Wire.Durability.Os,
        Durability.Disk => Wire.Durability.Disk,
        _ => throw new ArgumentOutOfRangeException(nameof(durability), durability, "No such durability."),
    };

    public static Durability FromWire(Wire.Durability durability) => durability switch
    {
        Wire.Durability.Disk => Durability.Disk,
        Wire.Durability.Os => Durability.Os,
        // A newer node's answer that this client does not know is never taken for more than it surely is.
        _ => Durability.Memory,
    };

    public static Wire.SubscribeRequest ToWire(SubscriptionState state)
    {
        var options = state.Options;
        var request = new Wire.SubscribeRequest { Packed = true };
        request.Patterns.Add(options.Patterns.Select(static pattern => pattern.Value));
        request.Start = options.Start switch
        {
            SubscriptionStart.Earliest => Wire.StartAt.Earliest,
            SubscriptionStart.Offset => Wire.StartAt.Offset,
            SubscriptionStart.Time => Wire.StartAt.Time,
            _ => Wire.StartAt.Live,
        };
        if (state.StartValue is { } value)
        {
            request.StartValue = value;
        }

        foreach (var cursor in state.Cursors)
        {
            request.Cursors.Add(new Wire.Cursor
            {
                Topic = cursor.Topic.Value,
                Offset = cursor.Next.Value,
                LastOrigin = cursor.LastOrigin.Value,
                LastIncarnation = cursor.LastPosition.Incarnation.Value,
                LastSequence = cursor.LastPosition.Sequence,
            });
        }

        return request;
    }

    public static DeliveredRecords FromWire(Wire.TopicRecords records)
    {
        var packed = records.Packed ?? new Wire.PackedRecords();
        return new DeliveredRecords(
            TopicName.Parse(records.Topic),
            new LogOffset(records.NextOffset),
            new LogOffset(records.EndOffset),
            RecordPacker.Unpack(new PackedRecords(packed.Count, packed.Origins, packed.Entries.Memory)));
    }

    public static TopicInfo FromWire(Wire.TopicInfo topic) => new(topic.Topic, topic.StartOffset, topic.EndOffset, topic.Bytes);

    public static PeerReport FromWire(Wire.PeerInfo peer) => new()
    {
        Peer = peer.Peer,
        Silo = peer.Silo,
        Address = peer.Address,
        Health = peer.Health switch
        {
            Wire.PeerHealth.Healthy => PeerHealth.Healthy,
            Wire.PeerHealth.Unhealthy => PeerHealth.Unhealthy,
            _ => PeerHealth.Disconnected,
        },
        Incarnation = peer.Incarnation,
        LinkNumber = peer.LinkNumber,
        IsDialer = peer.IsDialer,
        IsInterestSynced = peer.InterestSynced,
        RemoteInterest = [.. peer.RemoteInterest],
        QueuedFrames = peer.QueuedFrames,
        QueuedBytes = peer.QueuedBytes,
        EventsSent = peer.EventsSent,
        EventsReceived = peer.EventsReceived,
        EventsAcked = peer.EventsAcked,
        DuplicatesDropped = peer.DuplicatesDropped,
        Gaps = peer.Gaps,
        Resumes = peer.Resumes,
        BytesSent = peer.BytesSent,
        BytesReceived = peer.BytesReceived,
        Reconnects = peer.Reconnects,
        LagEvents = peer.LagEvents,
        RoundTripMicros = peer.RoundTripMicros,
        ReportedUnixMs = peer.ReportedUnixMs,
        LastError = peer.LastError,
    };
}
