// Copiers of grain references and of types with converters.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace EventMesh.StandIns.Copying;

/// <summary>A reference arrives bound to the runtime of its receiver. Grains and observers themselves never cross.</summary>
internal sealed class AddressableCopier<T> : Copier<T>
    where T : class
{
    public override T Copy(T value, CopyContext context) => value switch
    {
        null => null!,
        GrainReference reference => context.Receiver is { } receiver && !ReferenceEquals(receiver, reference.Sender)
            ? (T)receiver.CreateReference(reference.ProxyInterface, reference.GrainId)
            : value,
        _ => throw new CodecNotFoundException(
            $"{value.GetType()} is an object, not a reference to one: pass a grain as AsReference, an observer as CreateObjectReference."),
    };
}

internal sealed class ConverterCopier<TValue, TSurrogate> : Copier<TValue>
    where TSurrogate : struct
{
    private readonly IConverter<TValue, TSurrogate> _converter = ConverterTable.Create<TValue, TSurrogate>();

    public override TValue Copy(TValue value, CopyContext context)
    {
        if (value is null)
        {
            return value;
        }

        if (value.GetType() != typeof(TValue))
        {
            return (TValue)CopierTable.Of(context.Mode).Get(value.GetType()).CopyObject(value, context);
        }

        return _converter.ConvertFromSurrogate(context.Copy(_converter.ConvertToSurrogate(value)));
    }
}
