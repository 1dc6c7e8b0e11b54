// Copiers of dictionaries.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;

namespace EventMesh.StandIns.Copying;

internal sealed class DictionaryCopier<TKey, TValue> : CollectionCopier<Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> CreateEmpty(Dictionary<TKey, TValue> original) => new(original.Count, original.Comparer);

    protected override void Fill(Dictionary<TKey, TValue> copy, Dictionary<TKey, TValue> original, CopyContext context)
    {
        foreach ((TKey key, TValue value) in original)
        {
            copy.Add(context.Copy(key), context.Copy(value));
        }
    }
}

internal sealed class SortedDictionaryCopier<TKey, TValue> : CollectionCopier<SortedDictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override SortedDictionary<TKey, TValue> CreateEmpty(SortedDictionary<TKey, TValue> original) => new(original.Comparer);

    protected override void Fill(SortedDictionary<TKey, TValue> copy, SortedDictionary<TKey, TValue> original, CopyContext context)
    {
        foreach ((TKey key, TValue value) in original)
        {
            copy.Add(context.Copy(key), context.Copy(value));
        }
    }
}

internal sealed class ConcurrentDictionaryCopier<TKey, TValue> : CollectionCopier<ConcurrentDictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override ConcurrentDictionary<TKey, TValue> CreateEmpty(ConcurrentDictionary<TKey, TValue> original) => new(original.Comparer);

    protected override void Fill(ConcurrentDictionary<TKey, TValue> copy, ConcurrentDictionary<TKey, TValue> original, CopyContext context)
    {
        foreach ((TKey key, TValue value) in original)
        {
            copy[context.Copy(key)] = context.Copy(value);
        }
    }
}
