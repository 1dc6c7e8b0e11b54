// Where the silos and clients of one cluster meet, within this process.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Collections.Immutable;

using EventMesh.StandIns.Calls;
using EventMesh.StandIns.Copying;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// Holds the grain directory: at most one activation per grain id, cluster-wide, at every moment. Brings calls to their targets and answers
/// to their callers. Safe to use from any thread.
/// </summary>
internal sealed class Cluster
{
    private readonly ConcurrentDictionary<GrainId, Activation> _directory = new();
    private ImmutableArray<Silo> _silos = [];
    private GrainTypeMap? _types;

    /// <param name="isTestCluster">Whether a test cluster made it, which then is the silo's clustering.</param>
    public Cluster(bool isTestCluster = false)
    {
        IsTestCluster = isTestCluster;
        Placement = new Placement(this);
    }

    public bool IsTestCluster { get; }

    public ClusterMembers Members { get; } = new();

    public Observers Observers { get; } = new();

    public Placement Placement { get; }

    public ImmutableArray<Silo> Silos => _silos;

    /// <summary>Null unless a silo asks for faults.</summary>
    public Faults? Faults { get; private set; }

    public GrainTypeMap Types => Volatile.Read(ref _types) ?? RefreshTypes();

    public void Join(Silo silo)
    {
        ImmutableInterlocked.Update(ref _silos, static (silos, joined) => silos.Add(joined), silo);
        Faults ??= silo.Settings.Faults is { } options ? new Faults(options) : null;
        Members.AddManifest(silo);
        RefreshTypes();
    }

    public void Leave(Silo silo)
    {
        ImmutableInterlocked.Update(ref _silos, static (silos, left) => silos.Remove(left), silo);
        Members.RemoveManifest(silo);
        RefreshTypes();
    }

    public void Route(GrainCall call, GrainReference reference)
    {
        if (Faults is { ReorderCalls: true } faults)
        {
            faults.Delay(() => Find(call, reference));
            return;
        }

        Find(call, reference);
    }

    /// <summary>For a call that its target did not begin before it ended.</summary>
    public void Reroute(GrainCall call) => Find(call, null);

    public void Respond(GrainCall call)
    {
        if (Faults is not { } faults || call.Method.OneWay)
        {
            call.Respond();
            return;
        }

        if (faults.LosesResponse())
        {
            return;
        }

        if (faults.ReorderCalls)
        {
            faults.Delay(call.Respond);
            return;
        }

        call.Respond();
    }

    public void Remove(Activation activation) => _directory.TryRemove(KeyValuePair.Create(activation.GrainId, activation));

    public Activation? FindActivation(GrainId grainId) => _directory.GetValueOrDefault(grainId);

    private void Find(GrainCall call, GrainReference? reference)
    {
        try
        {
            if (reference?.LastTarget is { } last && Deliver(call, last))
            {
                return;
            }

            ICallTarget? target;
            do
            {
                target = Resolve(call);
                reference?.LastTarget = target;
            }
            while (target is not null && !Deliver(call, target));
        }
        catch (Exception exception)
        {
            // The caller hears why its call could not be delivered.
            call.Fail(exception);
        }
    }

    private bool Deliver(GrainCall call, ICallTarget target)
    {
        if (call.Sender is { } sender && !ReferenceEquals(sender, target.Home))
        {
            using CopyContext context = CopyContext.Rent(CopyMode.Wire, target.Home);
            call.CopyArguments(context);
        }

        call.Target = target;
        if (target.TryReceive(call))
        {
            Interlocked.MemoryBarrier();
            if (call.IsCancellationRequested)
            {
                target.SignalCancellation(call);
            }

            return true;
        }

        if (target is Activation ended)
        {
            Remove(ended);
        }

        return false;
    }

    private ICallTarget? Resolve(GrainCall call)
    {
        GrainId id = call.TargetId;
        if (Runtime.Observers.IsObserver(id))
        {
            return Observers.Find(id);
        }

        while (true)
        {
            if (_directory.TryGetValue(id, out Activation? activation))
            {
                return activation;
            }

            Silo silo = Placement.Choose(id, call.Sender!);
            if (silo.Activations.TryAdd(id, _directory) is { } added)
            {
                return added;
            }
        }
    }

    private GrainTypeMap RefreshTypes()
    {
        GrainTypeMap types = new(_silos);
        Volatile.Write(ref _types, types);
        return types;
    }
}
