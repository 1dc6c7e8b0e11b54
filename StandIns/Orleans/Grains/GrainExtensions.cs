// From a grain or reference to its identity and to other references.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Orleans.Runtime;

namespace Orleans;

public static class GrainExtensions
{
    public static GrainId GetGrainId(this IAddressable grain) => grain switch
    {
        null => throw new ArgumentNullException(nameof(grain)),
        GrainReference reference => reference.GrainId,
        IGrainBase instance => instance.GrainContext.GrainId,
        _ => throw new ArgumentException($"{grain.GetType()} is neither a grain nor a reference to one.", nameof(grain)),
    };

    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key.ToString();

    /// <summary>A reference to the same grain through another interface.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
    {
        GrainReference reference = grain switch
        {
            null => throw new ArgumentNullException(nameof(grain)),
            GrainReference given => given,
            IGrainBase instance => Activation.Of(instance).GrainReference,
            _ => throw new ArgumentException($"{grain.GetType()} is neither a grain nor a reference to one.", nameof(grain)),
        };
        return reference is TGrainInterface same
            ? same
            : (TGrainInterface)(object)reference.Sender.CreateReference(typeof(TGrainInterface), reference.GrainId);
    }

    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();
}
