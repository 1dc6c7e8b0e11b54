using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Puts together what checkpoint and footers say of each topic. Not thread-safe.</summary>
internal sealed class TopicCollector
{
    private readonly Dictionary<TopicName, CollectedTopic> _topics = [];

    /// <summary>The greatest incarnation of this node that any topic has events of.</summary>
    public Incarnation LastIncarnation { get; private set; }

    /// <summary>The time of the last append in any topic; 0 for none.</summary>
    public long LastAppendUnixMs { get; private set; }

    /// <summary>Every topic, in no order.</summary>
    public IEnumerable<KeyValuePair<TopicName, CollectedTopic>> All => _topics;

    /// <summary>Makes room for as many topics as are about to come, at least.</summary>
    public void Expect(int topics) => _topics.EnsureCapacity(topics);

    /// <summary>Takes up what the checkpoint says of a topic. The array becomes the collector's.</summary>
    public void Add(in DirectoryEntry entry, SegmentSlice[] slices) => Note(entry).Begin(entry, slices);

    /// <summary>Takes up what the directory of a segment says that follows everything so far.</summary>
    public void Add(ReadOnlySpan<DirectoryEntry> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            Note(entry).Add(entry);
        }
    }

    /// <summary>Takes up the slices of a segment in the middle, which was rewritten after the checkpoint: of the topics everything else is known already.</summary>
    public void Insert(ReadOnlySpan<DirectoryEntry> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            Note(entry).Insert(entry);
        }
    }

    /// <summary>Forgets the checkpoint's slices in segments that are not there, or not as it knows them.</summary>
    /// <param name="isThere">Whether a slice's segment is there, in the slice's generation.</param>
    /// <param name="isMissing">Whether the segment is not there at all: then its slices are remembered as missing.</param>
    public void KeepOnly(Func<SegmentSlice, bool> isThere, Func<SegmentSlice, bool> isMissing)
    {
        foreach (var topic in _topics.Values)
        {
            topic.KeepOnly(isThere, isMissing);
        }
    }

    /// <summary>The topic's newest slice before segment <paramref name="number"/>; null when there is none.</summary>
    public SegmentSlice? LastSliceBefore(TopicName topic, long number) =>
        _topics.TryGetValue(topic, out var collected) ? collected.LastSliceBefore(number) : null;

    /// <summary>Hands everything to the table.</summary>
    public void Load(TopicTable table)
    {
        foreach (var (name, topic) in _topics)
        {
            table.Load(name).Load(topic.Last, topic.Slices.ToArray());
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _topics.Clear();
        (LastIncarnation, LastAppendUnixMs) = (default, 0);
    }

    private CollectedTopic Note(in DirectoryEntry entry)
    {
        LastAppendUnixMs = Math.Max(LastAppendUnixMs, entry.LastAppendUnixMs);
        LastIncarnation = entry.Own.Incarnation > LastIncarnation ? entry.Own.Incarnation : LastIncarnation;
        if (!_topics.TryGetValue(entry.Topic, out var topic))
        {
            topic = new CollectedTopic();
            _topics.Add(entry.Topic, topic);
        }

        return topic;
    }
}
