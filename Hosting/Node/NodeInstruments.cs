using System.Diagnostics.Metrics;
using EventMesh.Core.Errors;

namespace EventMesh.Hosting.Node;

/// <summary>What a node counts of publishing and waking. Meter <see cref="MeterName"/>.</summary>
internal sealed class NodeInstruments
{
    /// <summary>The meter.</summary>
    public const string MeterName = "EventMesh.Node";

    private const string CodeTag = "code";
    private readonly Counter<long> _published;
    private readonly Counter<long> _appends;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _dropped;
    private readonly UpDownCounter<long> _subscriptions;
    private readonly UpDownCounter<long> _pendingBytes;

    public NodeInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _published = meter.CreateCounter<long>("eventmesh.node.published", "{event}", "Events stored for publishers of this silo.");
        _appends = meter.CreateCounter<long>("eventmesh.node.appends", "{append}", "Appends that carried them: events per append is what coalescing gains.");
        _refused = meter.CreateCounter<long>("eventmesh.node.publish.failed", "{publish}", "Publishes that got no receipt, by reason.");
        _dropped = meter.CreateCounter<long>("eventmesh.node.wakeups.dropped", "{wakeup}", "Wake-ups for other silos that found no room; their sweep makes up for them.");
        _subscriptions = meter.CreateUpDownCounter<long>("eventmesh.node.subscriptions", "{subscription}", "Subscriptions open on this silo.");
        _pendingBytes = meter.CreateUpDownCounter<long>("eventmesh.node.pending", "By", "Bytes of events that wait for their receipt.");
    }

    public void OnAppended(int events)
    {
        _appends.Add(1);
        _published.Add(events);
    }

    public void OnPublishFailed(MeshErrorCode code, int publishes) =>
        _refused.Add(publishes, new KeyValuePair<string, object?>(CodeTag, (int)code));

    public void OnWakeupDropped() => _dropped.Add(1);

    public void OnSubscriptions(int change) => _subscriptions.Add(change);

    public void OnPending(long change) => _pendingBytes.Add(change);
}
