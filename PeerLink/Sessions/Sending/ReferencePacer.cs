using EventMesh.Core.Events;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Turns a batch into the single events that a reference peer takes, and lets them leave at a pace: it drops what it cannot queue.</summary>
internal sealed class ReferencePacer(LinkOptions options)
{
    private readonly Queue<EventFrame> _events = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1) / options.ReferenceEventsPerSecond;
    private TimeSpan _paidUntil;

    public bool IsEmpty => _events.Count == 0;

    /// <summary>When the next event may leave.</summary>
    public TimeSpan NextAt => _paidUntil - _interval * (options.ReferenceBurst - 1);

    public void Load(BatchFrame frame)
    {
        var reader = new EventBatchReader(frame.Batch.Events);
        for (var sequence = frame.Batch.FirstSequence; reader.MoveNext(); sequence++)
        {
            var headers = EventBody.Headers(reader.Body.Span);
            _events.Enqueue(new EventFrame(frame.Topic.Value, sequence, EventBody.Payload(reader.Body), headers));
        }
    }

    public bool TryTake(TimeSpan now, out EventFrame frame)
    {
        frame = null!;
        if (_events.Count == 0 || now < NextAt)
        {
            return false;
        }

        _paidUntil = (now > _paidUntil ? now : _paidUntil) + _interval;
        frame = _events.Dequeue();
        return true;
    }
}
