using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Puts together what the segments say of each topic, segment by segment in order of their numbers. Not thread-safe.</summary>
internal sealed class TopicCollector
{
    private readonly Dictionary<TopicName, Entry> _topics = [];

    /// <summary>Topics so far.</summary>
    public int Count => _topics.Count;

    /// <summary>The greatest incarnation of this node that any topic has events of.</summary>
    public Incarnation LastIncarnation { get; private set; }

    /// <summary>The time of the last append in any topic; 0 for none.</summary>
    public long LastAppendUnixMs { get; private set; }

    /// <summary>Takes up what a segment's directory says.</summary>
    public void Add(ReadOnlySpan<DirectoryEntry> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            Find(entry).Add(entry);
        }
    }

    /// <summary>Takes up what the checkpoint says of a topic. The array becomes the collector's.</summary>
    public void Add(in DirectoryEntry entry, SegmentSlice[] slices) => Find(entry).Set(entry, slices);

    /// <summary>What is known of a topic: the last thing that a directory said of it; null when nothing was.</summary>
    public DirectoryEntry? Find(TopicName topic) => _topics.TryGetValue(topic, out var entry) ? entry.Last : null;

    /// <summary>The slices of a topic so far.</summary>
    public ReadOnlySpan<SegmentSlice> SlicesOf(TopicName topic) => _topics.TryGetValue(topic, out var entry) ? entry.Slices : default;

    /// <summary>Hands everything to the table.</summary>
    public void Load(TopicTable table)
    {
        foreach (var (topic, entry) in _topics)
        {
            table.Load(topic).Load(entry.Last, entry.Slices.ToArray());
        }
    }

    private Entry Find(in DirectoryEntry entry)
    {
        LastAppendUnixMs = Math.Max(LastAppendUnixMs, entry.LastAppendUnixMs);
        LastIncarnation = entry.Own.Incarnation > LastIncarnation ? entry.Own.Incarnation : LastIncarnation;
        if (!_topics.TryGetValue(entry.Topic, out var topic))
        {
            topic = new Entry();
            _topics.Add(entry.Topic, topic);
        }

        return topic;
    }

    private sealed class Entry
    {
        private SegmentSlice[] _slices = [];
        private int _count;

        public DirectoryEntry Last { get; private set; }

        public ReadOnlySpan<SegmentSlice> Slices => _slices.AsSpan(0, _count);

        public void Set(in DirectoryEntry entry, SegmentSlice[] slices) => (Last, _slices, _count) = (entry, slices, slices.Length);

        public void Add(in DirectoryEntry entry)
        {
            // Where damage took a head, a later segment may know less than an earlier one: numbers never go back.
            Last = entry with
            {
                Start = Math.Max(Last.Start, entry.Start),
                Next = Math.Max(Last.Next, entry.Next),
                LastAppendUnixMs = Math.Max(Last.LastAppendUnixMs, entry.LastAppendUnixMs),
                Own = Last.Own > entry.Own ? Last.Own : entry.Own,
            };
            if (_count == _slices.Length)
            {
                Array.Resize(ref _slices, _count == 0 ? 1 : 2 * _count);
            }

            _slices[_count++] = entry.Slice;
        }
    }
}
