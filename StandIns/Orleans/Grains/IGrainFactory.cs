// Where references come from.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans.Runtime;

namespace Orleans;

/// <summary>Getting a reference costs no call and starts no activation. Safe to use from any thread.</summary>
public interface IGrainFactory
{
    /// <exception cref="ArgumentException">No silo of the cluster hosts a class with this interface, or more than one class has it.</exception>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable;

    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

    /// <summary>
    /// Makes an object callable by grains. The reference does not keep the object alive: whoever calls this must hold it.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from within a grain.</exception>
    TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;

    void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;
}

/// <summary>The connection of a process to a cluster.</summary>
public interface IClusterClient : IGrainFactory
{
    IServiceProvider ServiceProvider { get; }
}
