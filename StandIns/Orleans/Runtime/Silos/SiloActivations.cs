// The activations of a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;

using EventMesh.StandIns.Calls;

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>Looks for idle ones once per quantum, and only while there are any.</summary>
internal sealed class SiloActivations : IDisposable
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly Lock _gate = new();
    private readonly Silo _silo;
    private readonly ITimer _collector;
    private bool _closed;
    private bool _collecting;

    public SiloActivations(Silo silo)
    {
        _silo = silo;
        _collector = Flow.CreateTimer(silo.Time, static state => ((SiloActivations)state!).Collect(), this);
    }

    /// <summary>The activation of a grain id, made here unless another silo was first. Null: this silo takes no more.</summary>
    public Activation? TryAdd(GrainId grainId, ConcurrentDictionary<GrainId, Activation> directory)
    {
        Activation mine = new(_silo, _silo.Classes[grainId.Type], grainId);
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }

            Activation registered = directory.GetOrAdd(grainId, mine);
            if (!ReferenceEquals(registered, mine))
            {
                return registered;
            }

            _activations[grainId] = mine;
            if (!_collecting)
            {
                _collecting = true;
                _collector.Change(_silo.Settings.Collection.CollectionQuantum, Timeout.InfiniteTimeSpan);
            }
        }

        mine.Start();
        return mine;
    }

    public void Remove(Activation activation)
    {
        _activations.TryRemove(KeyValuePair.Create(activation.GrainId, activation));
        _silo.Cluster.Remove(activation);
    }

    /// <summary>Takes no more activations and ends when all have gone, or when the token comes.</summary>
    public async Task DeactivateAllAsync(CancellationToken cancellationToken)
    {
        Close();
        DeactivationReason reason = new(DeactivationReasonCode.ShuttingDown, "This process is terminating.");
        Activation[] activations = [.. _activations.Values];
        foreach (Activation activation in activations)
        {
            activation.Deactivate(reason, cancellationToken);
        }

        await Task.WhenAll(activations.Select(activation => activation.Deactivated)).WaitAsync(cancellationToken);
    }

    /// <summary>Ends all without any grain code; returns the calls that nobody will answer.</summary>
    public List<GrainCall> Vanish()
    {
        Close();
        List<GrainCall> lost = [];
        foreach (Activation activation in _activations.Values)
        {
            lost.AddRange(activation.Vanish());
            Remove(activation);
        }

        return lost;
    }

    public void Dispose() => _collector.Dispose();

    private void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    private void Collect()
    {
        long now = _silo.Time.GetTimestamp();
        DeactivationReason reason = new(DeactivationReasonCode.ActivationIdle, "The activation has been idle for its collection age.");
        foreach (Activation activation in _activations.Values.Where(activation => activation.IsCollectible(now)))
        {
            activation.Deactivate(reason);
        }

        lock (_gate)
        {
            _collecting = !_activations.IsEmpty && !_closed;
            if (_collecting)
            {
                _collector.Change(_silo.Settings.Collection.CollectionQuantum, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
