using System.Diagnostics.Metrics;

namespace EventMesh.Hosting.Links;

/// <summary>The links' measurements: meter <c>EventMesh.Links</c>, one series per peer. They are read off the links when somebody asks.</summary>
internal sealed class LinkInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "EventMesh.Links";

    private const string PeerTag = "peer";

    private readonly Meter _meter;
    private readonly LinkGateway _gateway;

    public LinkInstruments(IMeterFactory meters, LinkGateway gateway)
    {
        _meter = meters.Create(MeterName);
        _gateway = gateway;
        Count("eventmesh.links.frames.queued", "{frame}", "Frames put into send queues.", static peer => peer.Totals.FramesQueued);
        Count("eventmesh.links.frames.sent", "{frame}", "Frames that transports have taken.", static peer => peer.Totals.FramesSent);
        Count("eventmesh.links.frames.dropped", "{frame}", "Best-effort frames dropped by policy.", static peer => peer.Totals.FramesDropped);
        Count("eventmesh.links.send.failures", "{frame}", "Frames that did not leave because their link ended.", static peer => peer.Totals.SendFailures);
        Count("eventmesh.links.sent", "By", "Bytes sent.", static peer => peer.Totals.BytesSent);
        Count("eventmesh.links.received", "By", "Bytes received.", static peer => peer.Totals.BytesReceived);
        Count("eventmesh.links.events.sent", "{event}", "Events sent, repeats included.", static peer => peer.Totals.EventsSent);
        Count("eventmesh.links.events.received", "{event}", "Events received, repeats included.", static peer => peer.Totals.EventsReceived);
        Count("eventmesh.links.events.acked", "{event}", "Events that the peer has acknowledged.", static peer => peer.Totals.EventsAcked);
        Count("eventmesh.links.events.refused", "{event}", "Events that this node can never take.", static peer => peer.Totals.EventsRefused);
        Count("eventmesh.links.events.duplicate", "{event}", "Events that were held already.", static peer => peer.Totals.Duplicates);
        Count("eventmesh.links.gaps", "{gap}", "Gaps of the peer that were stored.", static peer => peer.Totals.Gaps);
        Count("eventmesh.links.resumes", "{resume}", "Times this node asked the peer to resume.", static peer => peer.Totals.Resumes);
        Count("eventmesh.links.reconnects", "{link}", "Links after the first.", static peer => peer.Reconnects);
        Gauge("eventmesh.links.state", "{state}", "0 disconnected, 1 healthy, 2 unhealthy.", static peer => (long)peer.Health);
        Gauge("eventmesh.links.queue.frames", "{frame}", "Frames that wait to be sent.", static peer => peer.View.QueuedFrames);
        Gauge("eventmesh.links.queue.bytes", "By", "Bytes that wait to be sent.", static peer => peer.View.QueuedBytes);
        Gauge("eventmesh.links.lag", "{event}", "Events that the peer wants and has not acknowledged.", static peer => peer.View.Lag.Events);
        Gauge("eventmesh.links.lag.bytes", "By", "Bytes of them that are queued or under way.", static peer => peer.View.Lag.Bytes);
        Seconds("eventmesh.links.lag.time", "How long the oldest of them has waited.", static peer => peer.View.Lag.Age.TotalSeconds);
        Seconds("eventmesh.links.rtt", "Round trip of the last heartbeat.", static peer => peer.View.RoundTrip?.TotalSeconds ?? 0);
        Seconds("eventmesh.links.send.latency.p50", "From queueing a frame to the transport having taken it: median.", static peer => Latency(peer, 0.5));
        Seconds("eventmesh.links.send.latency.p95", "The same, 95th percentile.", static peer => Latency(peer, 0.95));
    }

    public void Dispose() => _meter.Dispose();

    private static double Latency(PeerSnapshot peer, double share) => peer.SendLatency?.Percentile(share).TotalSeconds ?? 0;

    private void Count(string name, string unit, string description, Func<PeerSnapshot, long> value) =>
        _meter.CreateObservableCounter(name, () => Measure(value), unit, description);

    private void Gauge(string name, string unit, string description, Func<PeerSnapshot, long> value) =>
        _meter.CreateObservableGauge(name, () => Measure(value), unit, description);

    private void Seconds(string name, string description, Func<PeerSnapshot, double> value) =>
        _meter.CreateObservableGauge(name, () => Measure(value), "s", description);

    private IEnumerable<Measurement<T>> Measure<T>(Func<PeerSnapshot, T> value)
        where T : struct =>
        _gateway.Measure().Select(peer => new Measurement<T>(value(peer), new KeyValuePair<string, object?>(PeerTag, peer.Peer.Value)));
}
