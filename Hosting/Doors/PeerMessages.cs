using EventMesh.Grains.Interfaces.Messages;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>Puts reports on peers into messages.</summary>
internal static class PeerMessages
{
    public static Wire.PeerInfo ToWire(PeerReport report)
    {
        var peer = new Wire.PeerInfo
        {
            Peer = report.Peer,
            Silo = report.Silo,
            Address = report.Address,
            Health = (Wire.PeerHealth)report.Health,
            Incarnation = report.Incarnation,
            LinkNumber = report.LinkNumber,
            IsDialer = report.IsDialer,
            InterestSynced = report.IsInterestSynced,
            QueuedFrames = report.QueuedFrames,
            QueuedBytes = report.QueuedBytes,
            EventsSent = report.EventsSent,
            EventsReceived = report.EventsReceived,
            EventsAcked = report.EventsAcked,
            DuplicatesDropped = report.DuplicatesDropped,
            Gaps = report.Gaps,
            Resumes = report.Resumes,
            BytesSent = report.BytesSent,
            BytesReceived = report.BytesReceived,
            Reconnects = report.Reconnects,
            LagEvents = report.LagEvents,
            RoundTripMicros = report.RoundTripMicros,
            ReportedUnixMs = report.ReportedUnixMs,
            LastError = report.LastError,
        };
        peer.RemoteInterest.Add(report.RemoteInterest);
        return peer;
    }
}
