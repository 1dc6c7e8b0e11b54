using System.Diagnostics.Metrics;
using EventMesh.Core.Errors;

namespace EventMesh.Hosting.Doors;

/// <summary>What the doors count: meter <c>EventMesh.Doors</c>.</summary>
internal sealed class DoorInstruments
{
    private readonly Counter<long> _published;
    private readonly Counter<long> _publishedBytes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _delivered;
    private readonly UpDownCounter<long> _subscriptions;

    public DoorInstruments(IMeterFactory meters)
    {
        var meter = meters.Create("EventMesh.Doors");
        _published = meter.CreateCounter<long>("eventmesh.doors.published", "{event}", "Events that clients published and that were stored.");
        _publishedBytes = meter.CreateCounter<long>("eventmesh.doors.published.size", "By", "Bytes of those events.");
        _refused = meter.CreateCounter<long>("eventmesh.doors.refused", "{call}", "Publishes and calls that were refused, by code.");
        _delivered = meter.CreateCounter<long>("eventmesh.doors.delivered", "{record}", "Records that were delivered to subscribers.");
        _subscriptions = meter.CreateUpDownCounter<long>("eventmesh.doors.subscriptions", "{subscription}", "Subscriptions that are open.");
    }

    public void OnPublished(int events, int bytes)
    {
        _published.Add(events);
        _publishedBytes.Add(bytes);
    }

    public void OnRefused(MeshErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", (int)code));

    public void OnDelivered(int records) => _delivered.Add(records);

    public void OnSubscribed() => _subscriptions.Add(1);

    public void OnUnsubscribed() => _subscriptions.Add(-1);
}
