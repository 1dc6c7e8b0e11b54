// The base of all proxies: names a grain or an observer, wherever it is.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

namespace Orleans.Runtime;

/// <summary>Equal to every other reference of the same interface to the same grain.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    internal GrainReference(ICallSender sender, GrainId grainId)
    {
        Sender = sender;
        GrainId = grainId;
    }

    public GrainId GrainId { get; }

    public virtual string InterfaceName => string.Empty;

    /// <summary>The interface that this proxy was made for.</summary>
    internal Type ProxyInterface { get; set; } = typeof(IAddressable);

    /// <summary>Sends the calls that are made on this reference; the caller's side of them.</summary>
    internal ICallSender Sender { get; }

    /// <summary>Where the last call was delivered: a hint that saves the look-up, checked by whoever follows it.</summary>
    internal ICallTarget? LastTarget { get; set; }

    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) =>
        reference1 is null ? reference2 is null : reference1.Equals(reference2);

    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable =>
        this is TGrainInterface same ? same : (TGrainInterface)(object)Sender.CreateReference(typeof(TGrainInterface), GrainId);

    public bool Equals(GrainReference? other) =>
        ReferenceEquals(this, other)
        || (other is not null && GrainId.Equals(other.GrainId) && string.Equals(InterfaceName, other.InterfaceName, StringComparison.Ordinal));

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => GrainId.GetHashCode();

    /// <summary>What the emitted methods do with a call.</summary>
    internal void Send(GrainCall call) => Sender.Send(this, call);

    public sealed override string ToString() => $"GrainReference:{GrainId}:{InterfaceName}";
}
