namespace EventMesh.Storage.Memory;

/// <summary>Ascending offsets in one array: added and taken back at the end, dropped at the front, searched in between.</summary>
internal sealed class OffsetQueue
{
    private long[] _items = new long[2];
    private int _head;

    public int Count { get; private set; }

    public long this[int index] => _items[_head + index];

    public void Add(long offset)
    {
        if (_head + Count == _items.Length)
        {
            MakeRoom();
        }

        _items[_head + Count++] = offset;
    }

    public void DropFirst()
    {
        _head++;
        Count--;
    }

    public void DropLast() => Count--;

    /// <summary>How many offsets are below <paramref name="offset"/>.</summary>
    public int CountBelow(long offset)
    {
        var index = _items.AsSpan(_head, Count).BinarySearch(offset);
        return index < 0 ? ~index : index;
    }

    private void MakeRoom()
    {
        var items = _head > Count ? _items : new long[_items.Length * 2];
        _items.AsSpan(_head, Count).CopyTo(items);
        _items = items;
        _head = 0;
    }
}
