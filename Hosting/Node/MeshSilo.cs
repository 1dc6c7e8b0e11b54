using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.Hosting.Node;

/// <summary>What this silo gives its grains.</summary>
internal sealed class MeshSilo(
    NodeLog log,
    InterestSync sync,
    IMeshNode node,
    INodeHealth health,
    IServiceProvider services,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time) : IMeshSilo
{
    public IEventLog Log => log.Log;

    private IPeerStatusSource? Peers => services.GetService<IPeerStatusSource>();

    public Task WaitForTableAsync(CancellationToken cancellationToken) => sync.Complete.WaitAsync(cancellationToken);

    public async ValueTask<ISiloSession> OpenSessionAsync(SessionOpen request, CancellationToken cancellationToken) =>
        new SiloSession(await node.SubscribeAsync(SiloSession.ToRequest(request), cancellationToken), time);

    public IReadOnlyList<PeerReport> GetPeers() => Peers?.GetPeers() ?? [];

    public HealthReply GetHealth()
    {
        var now = health.Current;
        var identity = log.Identity;
        return new HealthReply(
            identity.Node.Value, identity.Incarnation.Value, now.IsLive, now.IsReady, Peers?.IsInterestSynced ?? true, [.. now.Problems], [.. now.Warnings]);
    }
}

/// <summary>How the node's grains and silos reach this silo.</summary>
internal sealed class SiloObserver(InterestSync sync, WakeupDispatcher dispatcher) : ISiloObserver
{
    public Task ApplyInterestAsync(long epoch, long tableVersion, InterestSet[] sets)
    {
        sync.Apply(epoch, tableVersion, sets);
        return Task.CompletedTask;
    }

    public Task TopicsAdvancedAsync(string[] topics, long[] ends)
    {
        for (var i = 0; i < topics.Length; i++)
        {
            dispatcher.WakeLocal(new TopicAdvance(Core.Topics.TopicName.Parse(topics[i]), new Core.Identity.LogOffset(ends[i])));
        }

        return Task.CompletedTask;
    }
}
