using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>What a topic's sender is waiting for.</summary>
internal enum TopicSendState
{
    /// <summary>Nothing: it sends whatever there is.</summary>
    Streaming,

    /// <summary>The peer's answer to an offer, made or still to be made.</summary>
    Offered,

    /// <summary>The end of a pause.</summary>
    Parked,

    /// <summary>The end of the link: the peer holds what this node does not, so there is nothing true to say.</summary>
    Stuck,
}

/// <summary>A link's cursor in one topic of this node. Its log is the queue; this holds only where to go on.</summary>
internal sealed class TopicSender(TopicName topic, ReadStart start)
{
    /// <summary>Frames of one topic that may wait at once: more would be small ones, while the log gathers larger ones.</summary>
    public const int MaxQueuedFrames = 2;

    public TopicName Topic { get; } = topic;

    /// <summary>Grows whenever the cursor is set anew: frames and reads of an older epoch are void.</summary>
    public int Epoch { get; private set; }

    public TopicSendState State { get; private set; }

    /// <summary>Where the next read starts.</summary>
    public ReadStart Start { get; private set; } = start;

    /// <summary>The position after the last frame queued in this epoch; of a read start before that.</summary>
    public Position Cursor { get; private set; } = start.After;

    /// <summary>What the peer last said it holds.</summary>
    public Position Acked { get; set; } = start.After;

    /// <summary>This node's last known flushed position.</summary>
    public Position End { get; set; }

    /// <summary>Whether there may be something to read.</summary>
    public bool IsBehind { get; private set; } = true;

    /// <summary>The token of the read under way; zero for none.</summary>
    public long ReadToken { get; private set; }

    public int QueuedFrames { get; private set; }

    public bool InReadyQueue { get; set; }

    public bool InIdleQueue { get; set; }

    public TimeSpan ParkedUntil { get; private set; }

    /// <summary>Since when the peer has lacked something; null when it lacks nothing that is known.</summary>
    public TimeSpan? LagsSince { get; private set; }

    public bool CanRead => State == TopicSendState.Streaming && IsBehind && ReadToken == 0 && QueuedFrames < MaxQueuedFrames;

    /// <summary>Nothing under way and nothing to do: it can be forgotten without a trace.</summary>
    public bool IsIdle => State == TopicSendState.Streaming && !IsBehind && ReadToken == 0 && QueuedFrames == 0 && Acked >= Cursor;

    /// <summary>Believes that it has sent everything.</summary>
    public bool IsResting => State == TopicSendState.Streaming && !IsBehind && ReadToken == 0;

    public void Advanced() => IsBehind = true;

    public void BeginRead(long token)
    {
        ReadToken = token;
        IsBehind = false;
    }

    /// <summary>Takes the outcome of a read: where it ended and whether more is known to be there.</summary>
    public void EndRead(Position cursor, LogOffset? next, bool isBehind)
    {
        ReadToken = 0;
        Cursor = cursor;
        Start = new ReadStart(ReadStartKind.After, cursor, next, 0);
        IsBehind |= isBehind;
    }

    public void FailRead()
    {
        ReadToken = 0;
        IsBehind = true;
    }

    /// <summary>Notes whether the peer lacks something now.</summary>
    public void MeasureLag(TimeSpan now) => LagsSince = Acked < End || IsBehind ? LagsSince ?? now : null;

    public void FrameQueued() => QueuedFrames++;

    public void FrameLeft() => QueuedFrames--;

    /// <summary>Goes on from somewhere else; whatever was read or queued before is void.</summary>
    public void Restart(ReadStart start, TopicSendState state)
    {
        Epoch++;
        State = state;
        Start = start;
        Cursor = start.After;
        IsBehind = true;
        ReadToken = 0;
        QueuedFrames = 0;
    }

    public void Park(TimeSpan until)
    {
        State = TopicSendState.Parked;
        ParkedUntil = until;
    }

    public void Unpark() => State = TopicSendState.Streaming;

    public void AwaitAnswer()
    {
        ReadToken = 0;
        State = TopicSendState.Offered;
    }

    public void Stick() => State = TopicSendState.Stuck;
}
