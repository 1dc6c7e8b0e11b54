namespace EventMesh.Core.Routing;

/// <summary>The literal children of a routing node: a chained hash table that one writer changes while any number of threads read.</summary>
/// <remarks>
/// An entry's fields never change and a chain is only ever replaced from its head, so a reader that has fetched a bucket sees a
/// whole chain of that moment. Growing builds a new table beside the old one. Find, add and remove are O(1) amortised.
/// </remarks>
internal sealed class SegmentMap<TNode>
    where TNode : class
{
    private Entry?[] _buckets = new Entry?[2];

    public int Count { get; private set; }

    /// <summary>The child for <paramref name="segment"/>, without allocating; null if there is none. Any thread.</summary>
    public TNode? Find(ReadOnlySpan<char> segment)
    {
        var hash = Hash(segment);
        var buckets = Volatile.Read(ref _buckets);
        for (var entry = Volatile.Read(ref buckets[hash & (buckets.Length - 1)]); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && segment.SequenceEqual(entry.Segment))
            {
                return entry.Node;
            }
        }

        return null;
    }

    /// <summary>Adds a child that is not there yet. The writer only.</summary>
    public void Add(string segment, TNode node)
    {
        if (Count >= _buckets.Length)
        {
            Grow();
        }

        var hash = Hash(segment);
        ref var bucket = ref _buckets[hash & (_buckets.Length - 1)];
        Volatile.Write(ref bucket, new Entry(hash, segment, node, bucket));
        Count++;
    }

    /// <summary>Removes a child that is there. The writer only.</summary>
    public void Remove(ReadOnlySpan<char> segment)
    {
        var hash = Hash(segment);
        ref var bucket = ref _buckets[hash & (_buckets.Length - 1)];
        Volatile.Write(ref bucket, Without(bucket, hash, segment));
        Count--;
    }

    private static Entry? Without(Entry? entry, int hash, ReadOnlySpan<char> segment) =>
        entry is null ? null
        : entry.Hash == hash && segment.SequenceEqual(entry.Segment) ? entry.Next
        : new Entry(entry.Hash, entry.Segment, entry.Node, Without(entry.Next, hash, segment));

    private void Grow()
    {
        var buckets = new Entry?[_buckets.Length * 2];
        foreach (var chain in _buckets)
        {
            for (var entry = chain; entry is not null; entry = entry.Next)
            {
                ref var bucket = ref buckets[entry.Hash & (buckets.Length - 1)];
                bucket = new Entry(entry.Hash, entry.Segment, entry.Node, bucket);
            }
        }

        Volatile.Write(ref _buckets, buckets);
    }

    // The runtime's string hash is keyed per process, so nobody outside can choose segments that collide.
    private static int Hash(ReadOnlySpan<char> segment) => string.GetHashCode(segment);

    private sealed class Entry(int hash, string segment, TNode node, Entry? next)
    {
        public int Hash { get; } = hash;

        public string Segment { get; } = segment;

        public TNode Node { get; } = node;

        public Entry? Next { get; } = next;
    }
}
