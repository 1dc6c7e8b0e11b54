using System.Diagnostics.Metrics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>What a silo's log tells of itself: meter <c>EventMesh.Storage</c>. It is read off the log when somebody asks.</summary>
internal sealed class LogInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "EventMesh.Storage";

    private readonly Meter _meter;

    public LogInstruments(IMeterFactory meters, IEventLog log)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableCounter("eventmesh.storage.flushes", () => log.FlushVersion, "{flush}", "Flushes that made events readable.");
        _meter.CreateObservableGauge("eventmesh.storage.state", () => (int)log.Health.Status, "{state}", "0 healthy, 1 without room, 2 failed.");
        _meter.CreateObservableGauge(
            "eventmesh.storage.damaged.ranges", () => log.Health.DamagedRanges, "{range}", "Damaged ranges found since the store was opened.");
    }

    public void Dispose() => _meter.Dispose();
}
