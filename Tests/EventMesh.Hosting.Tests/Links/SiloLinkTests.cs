using System.Diagnostics.Metrics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Links;
using EventMesh.Hosting.Tests.Support;
using EventMesh.TestKit.Network;
using Microsoft.Extensions.DependencyInjection;
using Orleans;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>Whole nodes: grains, ports, links and subscriptions together.</summary>
public sealed class SiloLinkTests
{
    [Fact]
    public async Task TwoNodes_DeliverToEachOthersSubscribers()
    {
        await using var west = await MeshHost.StartAsync("west");
        await using var east = await MeshHost.StartAsync("east", $"west={west.PeerAddress}");
        await using var onWest = await west.Node.SubscribeAsync("orders.>");
        await using var onEast = await east.Node.SubscribeAsync("orders.*");
        await LinkedAsync(west, east);

        await west.Node.PublishAsync("orders.a", "w0", "w1");
        await east.Node.PublishAsync("orders.b", "e0");

        Assert.Equal(["orders.a:w0", "orders.a:w1", "orders.b:e0"], (await onEast.TakeAsync(3)).Order());
        Assert.Equal(["orders.a:w0", "orders.a:w1", "orders.b:e0"], (await onWest.TakeAsync(3)).Order());
    }

    [Fact]
    public async Task TwoNodes_WhenTheCableIsCut_DeliverWhatWasPublishedMeanwhile()
    {
        await using var west = await MeshHost.StartAsync("west");
        await using var cable = TcpRelay.Start(west.PeerAddress);
        await using var east = await MeshHost.StartAsync("east", $"west={cable.Address}");
        await using var onEast = await east.Node.SubscribeAsync("orders");
        await LinkedAsync(west, east);
        await west.Node.PublishAsync("orders", "before");
        Assert.Equal(["orders:before"], await onEast.TakeAsync(1));

        cable.GoSilent();
        await west.Node.PublishAsync("orders", "during");
        cable.Reset();
        cable.Heal();
        await west.Node.PublishAsync("orders", "after");

        Assert.Equal(["orders:during", "orders:after"], await onEast.TakeAsync(2));
    }

    [Fact]
    public async Task PeerGrain_KnowsTheLinkAndTakesAnOperatorsOrder()
    {
        await using var west = await MeshHost.StartAsync("west");
        await using var east = await MeshHost.StartAsync("east", $"west={west.PeerAddress}");
        await LinkedAsync(west, east);
        var grain = east.Services.GetRequiredService<IGrainFactory>().GetGrain<IPeerGrain>("west");

        await Eventually.IsTrue(async () => (await grain.GetAsync())?.Health == PeerHealth.Healthy, "the peer's grain to hear that it is healthy");
        var before = (await grain.GetAsync())!.LinkNumber;
        await grain.SetHealthAsync(PeerHealth.Unhealthy);

        await Eventually.IsTrue(
            async () => await grain.GetAsync() is { Health: PeerHealth.Healthy } report && report.LinkNumber > before, "a new link at the operator's order");
    }

    [Fact]
    public async Task Meter_ShowsEveryPeer()
    {
        await using var west = await MeshHost.StartAsync("west");
        await using var east = await MeshHost.StartAsync("east", $"west={west.PeerAddress}");
        await LinkedAsync(west, east);
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener();
        var own = east.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == LinkInstruments.MeterName && instrument.Meter.Scope == own)
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen[$"{instrument.Name} {tags[0].Value}"] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen[$"{instrument.Name} {tags[0].Value}"] = value);
        listener.Start();

        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["eventmesh.links.state west"]);
        Assert.True(seen["eventmesh.links.frames.sent west"] >= 2);
        Assert.True(seen["eventmesh.links.received west"] > 0);
        Assert.Contains("eventmesh.links.send.latency.p95 west", seen.Keys);
    }

    private static async Task LinkedAsync(params MeshHost[] hosts)
    {
        foreach (var host in hosts)
        {
            await Eventually.IsTrue(
                () => Task.FromResult(host.Peers.GetPeers() is { Count: > 0 } peers
                    && peers.All(static peer => peer.Health == PeerHealth.Healthy && peer.IsInterestSynced)),
                "all links to be up and in step with interest");
        }
    }
}
