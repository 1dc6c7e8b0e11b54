// Copiers of lists, sets, queues, arrays and other values that hold values.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Copying;

/// <summary>Copies a collection once per context, before its elements, so that cycles end.</summary>
internal abstract class CollectionCopier<T> : Copier<T>
    where T : class
{
    public sealed override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return null!;
        }

        // A derived collection may hold what its base does not know of.
        if (value.GetType() != typeof(T) && !value.GetType().IsArray)
        {
            return (T)CopierTable.Of(context.Mode).Get(value.GetType()).CopyObject(value, context);
        }

        if (context.TryGetCopy(value, out T known))
        {
            return known;
        }

        T copy = CreateEmpty(value);
        context.Record(value, copy);
        Fill(copy, value, context);
        return copy;
    }

    protected abstract T CreateEmpty(T original);

    protected abstract void Fill(T copy, T original, CopyContext context);
}

internal sealed class ArrayCopier<T> : CollectionCopier<T[]>
{
    protected override T[] CreateEmpty(T[] original) =>
        original.Length == 0 ? original : (T[])Array.CreateInstance(original.GetType().GetElementType()!, original.Length);

    protected override void Fill(T[] copy, T[] original, CopyContext context)
    {
        Copier<T> elements = Copiers<T>.For(context.Mode);
        if (elements.IsShared)
        {
            Array.Copy(original, copy, original.Length);
            return;
        }

        for (int i = 0; i < original.Length; i++)
        {
            copy[i] = elements.Copy(original[i], context);
        }
    }
}

internal sealed class ListCopier<T> : CollectionCopier<List<T>>
{
    protected override List<T> CreateEmpty(List<T> original) => new(original.Count);

    protected override void Fill(List<T> copy, List<T> original, CopyContext context)
    {
        foreach (T item in original)
        {
            copy.Add(context.Copy(item));
        }
    }
}

internal sealed class HashSetCopier<T> : CollectionCopier<HashSet<T>>
{
    protected override HashSet<T> CreateEmpty(HashSet<T> original) => new(original.Count, original.Comparer);

    protected override void Fill(HashSet<T> copy, HashSet<T> original, CopyContext context)
    {
        foreach (T item in original)
        {
            copy.Add(context.Copy(item));
        }
    }
}

internal sealed class SortedSetCopier<T> : CollectionCopier<SortedSet<T>>
{
    protected override SortedSet<T> CreateEmpty(SortedSet<T> original) => new(original.Comparer);

    protected override void Fill(SortedSet<T> copy, SortedSet<T> original, CopyContext context)
    {
        foreach (T item in original)
        {
            copy.Add(context.Copy(item));
        }
    }
}

internal sealed class QueueCopier<T> : CollectionCopier<Queue<T>>
{
    protected override Queue<T> CreateEmpty(Queue<T> original) => new(original.Count);

    protected override void Fill(Queue<T> copy, Queue<T> original, CopyContext context)
    {
        foreach (T item in original)
        {
            copy.Enqueue(context.Copy(item));
        }
    }
}

internal sealed class StackCopier<T> : CollectionCopier<Stack<T>>
{
    protected override Stack<T> CreateEmpty(Stack<T> original) => new(original.Count);

    protected override void Fill(Stack<T> copy, Stack<T> original, CopyContext context)
    {
        // A stack enumerates from its top.
        foreach (T item in original.Reverse())
        {
            copy.Push(context.Copy(item));
        }
    }
}

internal sealed class NullableCopier<T> : Copier<T?>
    where T : struct
{
    public override T? Copy(T? value, CopyContext context) => value is { } given ? context.Copy(given) : null;
}

internal sealed class MemoryCopier<T> : Copier<Memory<T>>
{
    public override Memory<T> Copy(Memory<T> value, CopyContext context) => context.CopySpan(value.Span);
}

internal sealed class ReadOnlyMemoryCopier<T> : Copier<ReadOnlyMemory<T>>
{
    public override ReadOnlyMemory<T> Copy(ReadOnlyMemory<T> value, CopyContext context) => context.CopySpan(value.Span);
}

internal sealed class ArraySegmentCopier<T> : Copier<ArraySegment<T>>
{
    public override ArraySegment<T> Copy(ArraySegment<T> value, CopyContext context) =>
        value.Array is null ? default : new ArraySegment<T>(context.CopySpan<T>(value.AsSpan()));
}
