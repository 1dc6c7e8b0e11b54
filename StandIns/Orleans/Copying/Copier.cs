// Copies values of one type.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Copying;

internal abstract class Copier
{
    /// <summary>Whether values pass as they are.</summary>
    public abstract bool IsShared { get; }

    public abstract object CopyObject(object value, CopyContext context);
}

internal abstract class Copier<T> : Copier
{
    public override bool IsShared => false;

    public abstract T Copy(T value, CopyContext context);

    public override object CopyObject(object value, CopyContext context) => Copy((T)value, context)!;
}

/// <summary>For primitives and what is declared immutable.</summary>
internal sealed class SharingCopier<T> : Copier<T>
{
    public override bool IsShared => true;

    public override T Copy(T value, CopyContext context) => value;
}

/// <summary>The copiers of a type, made at first use.</summary>
internal static class Copiers<T>
{
    private static Copier<T>? _local;
    private static Copier<T>? _wire;

    /// <exception cref="Orleans.Serialization.CodecNotFoundException">The type, or one that it needs, has no serializer.</exception>
    public static Copier<T> For(CopyMode mode) => mode == CopyMode.Local
        ? _local ??= (Copier<T>)CopierTable.Local.Get(typeof(T))
        : _wire ??= (Copier<T>)CopierTable.Wire.Get(typeof(T));
}
