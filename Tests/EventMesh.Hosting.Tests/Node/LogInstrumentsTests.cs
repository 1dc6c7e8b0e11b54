using System.Diagnostics.Metrics;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Tests.Node;

public sealed class LogInstrumentsTests
{
    [Fact]
    public async Task Meter_WhenRead_SaysWhatTheLogSays_AndNothingOnceItIsClosed()
    {
        var store = new LogInState(NodeId.Parse("west"));
        var meters = new TestMeters();
        using var node = new NodeLog(store, Options.Create(new EventMeshOptions { NodeId = "west" }), meters);
        await node.OpenAsync(CancellationToken.None);
        await using var writer = await node.Log.OpenWriterAsync(TopicName.Parse("orders"), CancellationToken.None);
        var batch = new EventBatchBuilder();
        batch.Add("x"u8);
        await writer.AppendAsync(batch.Build(), Durability.Disk, CancellationToken.None);
        store.Health = new LogHealth(LogStatus.Full, "No room.", 3, "/data");

        // Closing flushes once more.
        var (open, flushes) = (Read(meters), node.Log.FlushVersion);
        await node.CloseAsync();
        var closed = Read(meters);

        Assert.True(flushes > 0);
        Assert.Equal(flushes, open["eventmesh.storage.flushes"]);
        Assert.Equal((1, 3), (open["eventmesh.storage.state"], open["eventmesh.storage.damaged.ranges"]));
        Assert.Empty(closed);
    }

    private static Dictionary<string, long> Read(TestMeters meters)
    {
        var read = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, owner) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                owner.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
