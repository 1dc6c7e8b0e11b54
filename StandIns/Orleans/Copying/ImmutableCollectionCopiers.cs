// Copiers of immutable collections whose elements are not shared.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Immutable;

namespace EventMesh.StandIns.Copying;

internal sealed class ImmutableArrayCopier<T> : Copier<ImmutableArray<T>>
{
    public override ImmutableArray<T> Copy(ImmutableArray<T> value, CopyContext context) =>
        value.IsDefault ? value : [.. value.Select(context.Copy)];
}

internal sealed class ImmutableListCopier<T> : Copier<ImmutableList<T>>
{
    public override ImmutableList<T> Copy(ImmutableList<T> value, CopyContext context) =>
        value is null ? null! : [.. value.Select(context.Copy)];
}

internal sealed class ImmutableHashSetCopier<T> : Copier<ImmutableHashSet<T>>
{
    public override ImmutableHashSet<T> Copy(ImmutableHashSet<T> value, CopyContext context) =>
        value?.Select(context.Copy).ToImmutableHashSet(value.KeyComparer)!;
}

internal sealed class ImmutableDictionaryCopier<TKey, TValue> : Copier<ImmutableDictionary<TKey, TValue>>
    where TKey : notnull
{
    public override ImmutableDictionary<TKey, TValue> Copy(ImmutableDictionary<TKey, TValue> value, CopyContext context) =>
        value?.ToImmutableDictionary(
            pair => context.Copy(pair.Key), pair => context.Copy(pair.Value), value.KeyComparer, value.ValueComparer)!;
}
