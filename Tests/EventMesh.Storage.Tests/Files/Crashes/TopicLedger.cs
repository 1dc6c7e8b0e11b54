using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>What is known of a topic: what was handed over, what was shown, what was promised.</summary>
internal sealed class TopicLedger(TopicName topic)
{
    public TopicName Topic { get; } = topic;

    /// <summary>Everything that was handed over and not taken back, by offset. What was trimmed stays here.</summary>
    public List<ModelRecord> Records { get; } = [];

    /// <summary>The end of what has been shown to readers: it may never be less again.</summary>
    public long SeenEnd { get; set; }

    /// <summary>The same before the last flush of any topic.</summary>
    public long EndBeforeLastFlush { get; set; }

    /// <summary>The greatest start that readers have seen.</summary>
    public long SeenStart { get; set; }

    /// <summary>The greatest start that anybody has asked for.</summary>
    public long AskedStart { get; set; }

    /// <summary>The ends that the topic had when deleting it was asked for.</summary>
    public HashSet<long> AskedDeleteEnds { get; } = [];

    /// <summary>The end that it had when deleting it was last acknowledged; -1 for never.</summary>
    public long DeletedEnd { get; set; } = -1;

    public long LastTerm { get; set; }

    public ITopicWriter? Writer { get; set; }

    /// <summary>A writer that was replaced; null if there is none.</summary>
    public ITopicWriter? FencedWriter { get; set; }

    /// <summary>The batches of each producer, in order.</summary>
    public Dictionary<ProducerId, List<SentBatch>> Producers { get; } = [];

    /// <summary>What each other node has of the topic.</summary>
    public Dictionary<NodeId, PeerLog> Peers { get; } = [];

    /// <summary>The position of the last record of <paramref name="origin"/> below <paramref name="offset"/>.</summary>
    public Position PositionBefore(NodeId origin, long offset)
    {
        for (var i = (int)offset - 1; i >= 0; i--)
        {
            if (Records[i].Origin == origin)
            {
                return Records[i].Position;
            }
        }

        return Position.None;
    }

    /// <summary>The position of the last record of <paramref name="origin"/> that was handed over.</summary>
    public Position Held(NodeId origin) => PositionBefore(origin, Records.Count);

    /// <summary>Forgets what was handed over from <paramref name="end"/> on: it never was.</summary>
    public void TakeBack(long end)
    {
        Records.RemoveRange((int)end, Records.Count - (int)end);
        foreach (var batches in Producers.Values)
        {
            batches.RemoveAll(batch => batch.Offset + batch.Count > end);
        }
    }

    /// <summary>Lets go of the writers: their store is gone.</summary>
    public void LoseWriters() => (Writer, FencedWriter) = (null, null);
}

/// <summary>A batch that a producer sent and that was handed over.</summary>
/// <param name="FirstSequence">The producer's number of its first event.</param>
/// <param name="Count">How many events.</param>
/// <param name="Offset">Where the first one is.</param>
internal readonly record struct SentBatch(long FirstSequence, int Count, long Offset);
