using EventMesh.Core.Errors;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Subscriptions;

/// <summary>Opens subscriptions and keeps count of them. Thread-safe.</summary>
internal sealed class SubscriptionHub(
    InterestTable table, InterestSync sync, EventMeshOptions options, NodeInstruments instruments, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<MeshSubscription> _open = [];
    private bool _isClosed;

    /// <summary>Opens a subscription; ends when every silo of the node will wake it.</summary>
    public async ValueTask<MeshSubscription> SubscribeAsync(IEventLog log, SubscribeRequest request, CancellationToken cancellationToken)
    {
        SubscribeRules.Check(log, request);
        var patterns = request.Patterns.ToHashSet();
        var subscription = new MeshSubscription(log, request, patterns, Remove);
        Admit(subscription);
        try
        {
            var version = Enter(subscription);
            await PassGateAsync(version, cancellationToken).ConfigureAwait(false);
            subscription.Open();
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends every subscription, and refuses new ones: the silo stops.</summary>
    public void Close()
    {
        List<MeshSubscription> open;
        lock (_gate)
        {
            _isClosed = true;
            open = [.. _open];
        }

        open.ForEach(static subscription => subscription.End(Stopping()));
    }

    private static EventMeshException Stopping() => new(MeshErrorCode.NodeNotReady, "The silo is stopping; subscribe elsewhere.");

    private void Admit(MeshSubscription subscription)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw Stopping();
            }

            if (_open.Count >= options.MaxSessions)
            {
                throw new EventMeshException(
                    MeshErrorCode.TooManySessions, $"{_open.Count} subscriptions are open; the limit is {EventMeshOptions.Section}:MaxSessions.");
            }

            _open.Add(subscription);
            instruments.OnSubscriptions(+1);
        }
    }

    private long Enter(MeshSubscription subscription)
    {
        try
        {
            return table.Add(subscription.Patterns, subscription, InterestKind.Wanted);
        }
        catch
        {
            // It never was in the table, so there is nothing to take back from it.
            lock (_gate)
            {
                _open.Remove(subscription);
                instruments.OnSubscriptions(-1);
            }

            throw;
        }
    }

    private async Task PassGateAsync(long version, CancellationToken cancellationToken)
    {
        try
        {
            await sync.WaitAppliedAsync(version, cancellationToken).WaitAsync(options.SubscribeTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new EventMeshException(
                MeshErrorCode.NodeNotReady, $"Not every silo of the node took the subscription within {options.SubscribeTimeout.TotalSeconds} s; try again.");
        }
    }

    private void Remove(MeshSubscription subscription)
    {
        lock (_gate)
        {
            if (!_open.Remove(subscription))
            {
                return;
            }

            instruments.OnSubscriptions(-1);
        }

        table.Remove(subscription.Patterns, subscription, InterestKind.Wanted);
    }
}
