// The grain factory of a silo or client.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>References that it makes send through its owner's <see cref="CallSender"/>.</summary>
internal sealed class ClusterClient(string ownerId, CallSender sender, IServiceProvider services) : IClusterClient
{
    public IServiceProvider ServiceProvider => services;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)GetGrain(typeof(TGrainInterface), primaryKey, grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable =>
        (TGrainInterface)sender.CreateReference(typeof(TGrainInterface), grainId);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => (IGrain)GetGrain(grainInterfaceType, grainPrimaryKey, null);

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        RefuseWithinGrain();
        if (obj is GrainReference or IGrainBase)
        {
            throw new ArgumentException("An object reference is made of an object, not of a grain or a reference.", nameof(obj));
        }

        return (TGrainObserverInterface)sender.CreateReference(
            typeof(TGrainObserverInterface), sender.Cluster.Observers.Add(ownerId, obj));
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        RefuseWithinGrain();
        GrainReference reference = obj as GrainReference
            ?? throw new ArgumentException("What is deleted is the reference that was created, not the object.", nameof(obj));
        sender.Cluster.Observers.Delete(reference.GrainId);
    }

    private static void RefuseWithinGrain()
    {
        if (RuntimeContext.Current is not null)
        {
            throw new InvalidOperationException("Observers belong to silos and clients: a grain cannot make or delete one.");
        }
    }

    private object GetGrain(Type interfaceType, string key, string? prefix)
    {
        ArgumentNullException.ThrowIfNull(interfaceType);
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        GrainType type = sender.Cluster.Types.Find(interfaceType, prefix);
        return sender.CreateReference(interfaceType, GrainId.Create(type, key));
    }
}
