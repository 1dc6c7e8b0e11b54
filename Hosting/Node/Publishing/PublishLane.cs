using EventMesh.Core.Events;
using EventMesh.Grains.Topics;

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
        /// <summary>An append is under way: it waits behind that.</summary>
        Waits,

        /// <summary>It is the first: the caller appends it, and runs the lane when that is over.</summary>
        Begins,

        /// <summary>Too many bytes are pending.</summary>
        Full,

        /// <summary>The lane is no more: take a new one.</summary>
        Closed,
    }

    /// <summary>The topic as it was last found open on this silo; set by whoever has the append under way.</summary>
    public OpenTopic? Open { get; set; }

    /// <summary>Enters with <paramref name="bytes"/> of events. Where an append is under way <paramref name="publish"/> is enqueued behind it; without one
    /// nothing has happened: make one and try again.</summary>
    public Entry TryEnter(int bytes, int maxBytes, PendingPublish? publish)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Entry.Closed;
            }

            // One publish is always admitted, whatever its size: batches have a limit of their own.
            if (_pendingBytes > 0 && _pendingBytes + bytes > maxBytes)
            {
                return Entry.Full;
            }

            if (!_isSending)
            {
                _isSending = true;
                _pendingBytes += bytes;
                return Entry.Begins;
            }

            if (publish is not null)
            {
                _pendingBytes += bytes;
                _waiting.Enqueue(publish);
            }

            return Entry.Waits;
        }
    }

    /// <summary>Puts the first, which began and could not be appended at once, where it is taken next. Whoever came meanwhile is behind it.</summary>
    public void PutFirst(PendingPublish publish)
    {
        lock (_gate)
        {
            var behind = _waiting.ToArray();
            _waiting.Clear();
            _waiting.Enqueue(publish);
            Array.ForEach(behind, _waiting.Enqueue);
        }
    }

    /// <summary>Takes what goes as the next append: waiting publishes of one durability and producer, in order, up to the limits of a batch.</summary>
    /// <remarks>An append has one producer and one run of its numbers, so publishes of one that continue each other may go together; others may not.</remarks>
    /// <param name="group">Cleared and filled.</param>
    /// <param name="released">Bytes of publishes that were given up and are not sent.</param>
    /// <returns>False when nothing waits: the lane is idle then.</returns>
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
            _isSending = group.Count > 0;
            return _isSending;
        }
    }

    /// <summary>Says that an append of <paramref name="bytes"/> is over; true when others wait, and the lane is to be run.</summary>
    public bool End(int bytes)
    {
        lock (_gate)
        {
            _pendingBytes -= bytes;
            _isSending = _waiting.Count > 0;
            return _isSending;
        }
    }

    /// <summary>Says that an append of <paramref name="bytes"/> is over while the lane is being run.</summary>
    public void Release(int bytes)
    {
        lock (_gate)
        {
            _pendingBytes -= bytes;
        }
    }

    /// <summary>Closes the lane if it is idle: nobody enters it any more.</summary>
    public bool TryClose()
    {
        lock (_gate)
        {
            _isClosed |= !_isSending;
            return _isClosed;
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
