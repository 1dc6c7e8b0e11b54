using EventMesh.Core.Events;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>What is published to one topic: one append under way, everything else waits in order. Thread-safe.</summary>
internal sealed class PublishLane
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingPublish> _waiting = new();
    private int _pendingBytes;
    private bool _isClosed;
    private bool _isSending;

    /// <summary>What became of an attempt to enter the lane.</summary>
    public enum Entry
    {
        /// <summary>It waits for its turn.</summary>
        Waits,

        /// <summary>It is the first: the caller runs the lane.</summary>
        Runs,

        /// <summary>Too many bytes are pending.</summary>
        Full,

        /// <summary>The lane has run dry and is no more: take a new one.</summary>
        Closed,
    }

    public Entry TryEnter(PendingPublish publish, int maxBytes)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Entry.Closed;
            }

            // One publish is always admitted, whatever its size: batches have a limit of their own.
            if (_pendingBytes > 0 && _pendingBytes + publish.Events.Bytes.Length > maxBytes)
            {
                return Entry.Full;
            }

            _pendingBytes += publish.Events.Bytes.Length;
            _waiting.Enqueue(publish);
            if (_isSending)
            {
                return Entry.Waits;
            }

            _isSending = true;
            return Entry.Runs;
        }
    }

    /// <summary>Takes what goes as the next append: waiting publishes of one durability and producer, in order, up to the limits of a batch.</summary>
    /// <remarks>An append has one producer and one run of its numbers, so publishes of one that continue each other may go together; others may not.</remarks>
    /// <param name="group">Cleared and filled.</param>
    /// <param name="released">Bytes of publishes that were given up and are not sent.</param>
    /// <returns>False when nothing waits: the lane is closed then.</returns>
    public bool TryTake(List<PendingPublish> group, out int released)
    {
        group.Clear();
        released = 0;
        lock (_gate)
        {
            var (count, bytes) = (0, 0);
            while (_waiting.TryPeek(out var next) && Fits(group, next, count, bytes))
            {
                _waiting.Dequeue();
                if (next.TrySend())
                {
                    group.Add(next);
                    count += next.Events.Count;
                    bytes += next.Events.Bytes.Length;
                }
                else
                {
                    released += next.Events.Bytes.Length;
                }
            }

            _pendingBytes -= released;
            _isClosed = group.Count == 0;
            return !_isClosed;
        }
    }

    /// <summary>Says that an append of <paramref name="bytes"/> is over.</summary>
    public void Release(int bytes)
    {
        lock (_gate)
        {
            _pendingBytes -= bytes;
        }
    }

    private static ProducerStamp Continuing(ProducerStamp first, int count) =>
        first.IsNone ? default : first with { FirstSequence = first.FirstSequence + count };

    private static bool Fits(List<PendingPublish> group, PendingPublish next, int count, int bytes) => group.Count == 0
        || (group[0].Durability == next.Durability
            && next.Producer == Continuing(group[0].Producer, count)
            && count + next.Events.Count <= EventLimits.MaxBatchEvents
            && bytes + next.Events.Bytes.Length <= EventLimits.MaxBatchBytes);
}
