using EventMesh.Core.Errors;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>A store that one silo holds cannot serve two: the newcomer refuses to join, and if it appears all the same the older one says so and stops serving.</summary>
/// <remarks>An older life of this silo's own endpoint does not count: it is dead, even where the membership has not found out yet.</remarks>
internal sealed class SingleSiloGuard(
    IEventLogProvider provider,
    IMeshMembership membership,
    ILocalSiloDetails self,
    NodeState state,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ManifestLimit = TimeSpan.FromSeconds(5);
    private IDisposable? _watch;

    /// <summary>Refuses where another mesh silo of the cluster is active. A silo that does not say what it is within a few seconds counts as one.</summary>
    /// <exception cref="EventMeshException"><c>SecondSilo</c>.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (provider.IsShared)
        {
            return;
        }

        await WaitUntilKnownAsync(cancellationToken);
        if (FindOther(membership.Current.Serving) is { } other)
        {
            throw new EventMeshException(
                MeshErrorCode.SecondSilo,
                $"Silo {other} of the cluster already keeps this node's events, and its store is for one silo. Start this one as a node of its own (another cluster id and {EventMeshOptions.Section}:NodeId), or stop the other.");
        }

        _watch = membership.OnChanged(Watch);
        Watch();
    }

    public void Dispose() => _watch?.Dispose();

    private async Task WaitUntilKnownAsync(CancellationToken cancellationToken)
    {
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (FindOther(membership.Current.Unknown) is null)
            {
                known.TrySetResult();
            }
        }

        using var watch = membership.OnChanged(Look);
        Look();
        try
        {
            await known.Task.WaitAsync(ManifestLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The check that follows takes it for a mesh silo.
        }
    }

    private void Watch()
    {
        var current = membership.Current;
        if (FindOther(current.Serving.Except(current.Unknown)) is { } other)
        {
            state.Report(
                MeshErrorCode.SecondSilo, $"Silo {other} has joined, but the store is for one silo: this one serves no more. Stop one of them, and restart the other.");
            state.BeginStop();
        }
    }

    private string? FindOther(IEnumerable<string> silos) => silos.FirstOrDefault(
        silo => !SiloAddress.FromParsableString(silo).Endpoint.Equals(self.SiloAddress.Endpoint));
}
