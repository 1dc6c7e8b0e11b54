using System.Runtime.CompilerServices;

namespace EventMesh.Storage;

/// <summary>Items in one array, in order: added and taken back at the end, dropped at the front. One thread at a time.</summary>
internal sealed class Deque<T>
{
    private T[] _items = new T[2];
    private int _head;

    public int Count { get; private set; }

    public ReadOnlySpan<T> Items => _items.AsSpan(_head, Count);

    public T this[int index] => Items[index];

    public void Add(T item)
    {
        if (_head + Count == _items.Length)
        {
            MakeRoom();
        }

        _items[_head + Count++] = item;
    }

    public void DropFirst()
    {
        Release(_head++);
        Count--;
    }

    public void DropLast() => Release(_head + --Count);

    private void Release(int index)
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            _items[index] = default!;
        }
    }

    private void MakeRoom()
    {
        // Moved to the front when that frees at least half, so that moving costs O(1) per item over time.
        var items = _head > Count ? _items : new T[_items.Length * 2];
        Items.CopyTo(items);
        if (items == _items)
        {
            _items.AsSpan(Count, _head).Clear();
        }

        (_items, _head) = (items, 0);
    }
}
