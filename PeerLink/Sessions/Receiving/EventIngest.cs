using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>Takes a reference peer's events, which have no identity, into this node's logs as its own.</summary>
/// <remarks>
/// The peer cannot repeat them: what cannot be stored now is kept and tried again, and while as much waits as the limit allows, its stream is
/// not read.
/// What can never be stored is dropped and counted.
/// </remarks>
internal sealed class EventIngest(LinkContext context)
{
    private readonly Dictionary<TopicName, TopicIngest> _topics = [];
    private readonly PriorityQueue<TopicIngest, TimeSpan> _retries = new();
    private long _bytes;

    public bool IsFull => _bytes >= context.Options.IngestQueueBytes;

    public bool IsQuiet => _topics.Count == 0;

    public TimeSpan NextDeadline => _retries.TryPeek(out _, out var at) ? at : TimeSpan.MaxValue;

    public void Received(EventFrame frame)
    {
        context.Counters.EventsReceived++;
        if (!TopicName.TryParse(frame.Topic, out var topic) || topic.IsSystem)
        {
            Drop(frame, MeshErrorCode.InvalidTopic);
            return;
        }

        try
        {
            EventBody.Measure(frame.Headers, frame.Payload.Length);
        }
        catch (EventMeshException refused)
        {
            // An expected kind of bad input: counted and said, the link goes on.
            Drop(frame, refused.Code);
            return;
        }

        context.Hit(LinkBranch.EventIngested);
        if (!_topics.TryGetValue(topic, out var ingest))
        {
            _topics[topic] = ingest = new TopicIngest(topic);
        }

        _bytes += frame.SizeBytes;
        ingest.Waiting.Enqueue(frame);
        Call(ingest);
    }

    public void Ingested(EventsIngested outcome)
    {
        if (!_topics.TryGetValue(outcome.Topic, out var ingest) || ingest.Token != outcome.Token)
        {
            context.Hit(LinkBranch.StaleAnswer);
            return;
        }

        ingest.Token = 0;
        if (outcome.Code != MeshErrorCode.None && outcome.Code.IsTransient())
        {
            context.Hit(LinkBranch.IngestRetried);
            ingest.IsResting = true;
            _retries.Enqueue(ingest, context.Now + (outcome.RetryAfter ?? context.Options.PauseDelay));
            return;
        }

        for (; ingest.UnderWay > 0; ingest.UnderWay--)
        {
            var frame = ingest.Waiting.Dequeue();
            _bytes -= frame.SizeBytes;
            if (outcome.Code == MeshErrorCode.None)
            {
                context.Counters.RecordsStored++;
            }
            else
            {
                Drop(frame, outcome.Code);
            }
        }

        Call(ingest);
    }

    public void PassTime()
    {
        while (NextDeadline <= context.Now)
        {
            var ingest = _retries.Dequeue();
            ingest.IsResting = false;
            Call(ingest);
        }
    }

    private void Call(TopicIngest ingest)
    {
        if (ingest.Token != 0 || ingest.IsResting)
        {
            return;
        }

        if (ingest.Waiting.Count == 0)
        {
            _topics.Remove(ingest.Topic);
            return;
        }

        ingest.Token = context.NextToken();
        context.Emit(new IngestEvents(ingest.Token, ingest.Topic, Pack(ingest)));
    }

    private static EventBatch Pack(TopicIngest ingest)
    {
        var builder = new EventBatchBuilder();
        ingest.UnderWay = 0;
        foreach (var frame in ingest.Waiting)
        {
            if (builder.Count > 0 && builder.Bytes + frame.SizeBytes > EventLimits.MaxFrameBytes)
            {
                break;
            }

            builder.Add(frame.Payload.Span, frame.Headers);
            ingest.UnderWay++;
        }

        return builder.Build();
    }

    private void Drop(EventFrame frame, MeshErrorCode code)
    {
        context.Hit(LinkBranch.EventDropped);
        context.Counters.EventsRefused++;
        context.Notice(LinkNoticeKind.EventDropped, $"An event for topic '{Printable.Clip(frame.Topic)}' cannot be stored.", default, code);
    }

    private sealed class TopicIngest(TopicName topic)
    {
        public TopicName Topic { get; } = topic;

        public Queue<EventFrame> Waiting { get; } = new();

        public int UnderWay { get; set; }

        public long Token { get; set; }

        public bool IsResting { get; set; }
    }
}
