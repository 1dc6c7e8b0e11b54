// The two ends of a call.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Orleans.Runtime;

namespace EventMesh.StandIns.Calls;

/// <summary>The caller's end: the runtime of a silo or of a client. References are bound to one.</summary>
internal interface ICallSender
{
    Cluster Cluster { get; }

    /// <summary>The silo that calls are sent from; null for a client.</summary>
    Silo? Silo { get; }

    /// <summary>Copies the arguments before it returns, so the caller may change its own right after.</summary>
    void Send(GrainReference reference, GrainCall call);

    object CreateReference(Type interfaceType, GrainId grainId);

    /// <summary>The caller has its answer.</summary>
    void Forget(GrainCall call);
}

/// <summary>The callee's end: an activation or an observer.</summary>
internal interface ICallTarget
{
    /// <summary>The runtime that the callee lives in. A call from another is copied as if it crossed a wire.</summary>
    ICallSender Home { get; }

    /// <summary>False: this target has ended, look for another.</summary>
    bool TryReceive(GrainCall call);

    /// <summary>The caller of a call that this target has received wants it to stop.</summary>
    void SignalCancellation(GrainCall call);
}
