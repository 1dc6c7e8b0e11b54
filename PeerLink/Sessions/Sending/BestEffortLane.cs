using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Frames that no log keeps. A frame that finds the lane full waits in it for <see cref="LinkOptions.SendTimeout"/>; then the drop
/// policy decides.</summary>
/// <remarks>As many may wait as the lane holds; beyond that the policy decides at once. What is dropped is counted.</remarks>
internal sealed class BestEffortLane(LinkContext context)
{
    private readonly LinkedList<Entry> _lane = new();
    private readonly Queue<Entry> _waiting = new();
    private long _bytes;

    public int Count => _lane.Count + _waiting.Count;

    /// <summary>When the policy decides next; null when nothing waits.</summary>
    public TimeSpan? NextDecision => _waiting.TryPeek(out var first) ? first.QueuedAt + context.Options.SendTimeout : null;

    private bool IsFull => _lane.Count >= context.Options.SendQueueFrames || _bytes >= context.Options.SendQueueBytes;

    public void Add(LinkFrame frame)
    {
        var entry = new Entry(frame, context.Now);
        context.Counters.FramesQueued++;
        if (!IsFull)
        {
            Admit(entry);
        }
        else if (_waiting.Count < context.Options.SendQueueFrames)
        {
            context.Hit(LinkBranch.BestEffortWaits);
            _waiting.Enqueue(entry);
        }
        else
        {
            Decide(entry);
        }
    }

    public bool TryTake(out (LinkFrame Frame, TimeSpan QueuedAt) taken)
    {
        taken = default;
        if (_lane.First is not { } first)
        {
            return false;
        }

        Remove(first);
        while (!IsFull && _waiting.TryDequeue(out var next))
        {
            Admit(next);
        }

        taken = (first.Value.Frame, first.Value.QueuedAt);
        return true;
    }

    /// <summary>Applies the policy to whatever has waited long enough.</summary>
    public void PassTime()
    {
        while (NextDecision <= context.Now)
        {
            Decide(_waiting.Dequeue());
        }
    }

    public void Clear()
    {
        _lane.Clear();
        _waiting.Clear();
        _bytes = 0;
    }

    private void Decide(Entry entry)
    {
        if (context.Options.DropPolicy == DropPolicy.DropNewest)
        {
            context.Hit(LinkBranch.BestEffortDroppedNewest);
            context.Counters.FramesDropped++;
            return;
        }

        context.Hit(LinkBranch.BestEffortDroppedOldest);
        while (IsFull && _lane.First is { } oldest)
        {
            context.Counters.FramesDropped++;
            Remove(oldest);
        }

        Admit(entry);
    }

    private void Admit(Entry entry)
    {
        _lane.AddLast(entry);
        _bytes += entry.Frame.SizeBytes;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _lane.Remove(node);
        _bytes -= node.Value.Frame.SizeBytes;
    }

    private readonly record struct Entry(LinkFrame Frame, TimeSpan QueuedAt);
}
