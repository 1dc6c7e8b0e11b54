using System.Text;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.UserHost.Tests;

/// <summary>Two users' hosts in one process, joined by a real link.</summary>
public sealed class TwoNodesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task EventsPublishedAtEitherNode_ReachTheSubscribersOfTheOther()
    {
        await using var west = UserHost.Build(static _ => { });
        await west.StartAsync();
        var address = west.Services.GetRequiredService<MeshAddresses>().Peer;
        await using var east = UserHost.Build(builder => builder.Configuration["EventMesh:ConnectPeer:0"] = $"west={address}", node: "east");
        await east.StartAsync();
        await using var atWest = await SubscribeAsync(west, "orders.>");
        await using var atEast = await SubscribeAsync(east, "bills.>");
        await InterestSyncedAsync(west);
        await InterestSyncedAsync(east);

        for (var i = 0; i < 100; i++)
        {
            await PublishAsync(east, "orders.eu", $"order {i}");
            await PublishAsync(west, $"bills.n{i % 10}", $"bill {i}");
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"east order {i}"), await TakeAsync(atWest, 100));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => $"west bill {i}").Order(StringComparer.Ordinal),
            (await TakeAsync(atEast, 100)).Order(StringComparer.Ordinal));
        await east.StopAsync();
        await west.StopAsync();
    }

    private static ValueTask<IMeshSubscription> SubscribeAsync(WebApplication app, string pattern) =>
        app.Services.GetRequiredService<IMeshNode>().SubscribeAsync(
            new SubscribeRequest { Patterns = [TopicPattern.Parse(pattern)] }, CancellationToken.None);

    /// <summary>Ends when the node is linked and its peer has applied its interest: what it publishes from then on is wanted there.</summary>
    private static async Task InterestSyncedAsync(WebApplication app)
    {
        var peers = app.Services.GetRequiredService<IPeerStatusSource>();
        using var patience = new CancellationTokenSource(Patience);
        while (peers.GetPeers().Count == 0 || !peers.IsInterestSynced || peers.GetPeers().Any(static peer => !peer.IsInterestSynced))
        {
            Assert.False(patience.IsCancellationRequested, $"Expected a synced link; peers: {string.Join("; ", peers.GetPeers())}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private static async Task PublishAsync(WebApplication app, string topic, string payload)
    {
        var batch = new EventBatchBuilder();
        batch.Add(Encoding.UTF8.GetBytes(payload));
        await app.Services.GetRequiredService<IMeshNode>().PublishAsync(
            TopicName.Parse(topic), batch.Build(), Durability.Disk, CancellationToken.None);
    }

    private static async Task<List<string>> TakeAsync(IMeshSubscription subscription, int count)
    {
        var taken = new List<string>();
        using var patience = new CancellationTokenSource(Patience);
        while (taken.Count < count)
        {
            var delivery = await subscription.ReadAsync(64 * 1024, patience.Token);
            using var records = delivery.Records;
            taken.AddRange(records.Records.Where(static record => record.Kind == RecordKind.Event).Select(
                static record => $"{record.Origin} {Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span)}"));
        }

        return taken;
    }
}
