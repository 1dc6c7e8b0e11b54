using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Something that happened to a link. A session learns of the world through these alone.</summary>
public abstract record LinkInput
{
    private protected LinkInput()
    {
    }
}

/// <summary>The stream is open: the handshake begins, and with it its deadline.</summary>
public sealed record StreamOpened : LinkInput;

/// <summary>The peer sent a frame.</summary>
public sealed record FrameReceived(LinkFrame Frame) : LinkInput;

/// <summary>The transport has taken the oldest frame that <see cref="LinkSession.NextFrame"/> gave out and that was not reported yet.</summary>
public sealed record FrameSent : LinkInput;

/// <summary>Reading or writing has ended: nothing more will come. A frame that could not be read is a <see cref="CloseRequested"/> instead: the
/// peer is told.</summary>
/// <param name="Code"><see cref="MeshErrorCode.None"/> when the peer ended the stream in an orderly way.</param>
/// <param name="Message">What the transport said.</param>
public sealed record StreamEnded(MeshErrorCode Code, string Message) : LinkInput;

/// <summary>Time has passed: give it at <see cref="LinkSession.NextDeadline"/>; earlier or later does no harm.</summary>
public sealed record TimePassed : LinkInput;

/// <summary>Admits the peer that <see cref="PeerIdentified"/> named.</summary>
/// <param name="Memory">What is remembered of that peer over its links.</param>
public sealed record PeerAdmitted(PeerMemory Memory) : LinkInput;

/// <summary>Ends the link from this side. Before establishment it is a refusal.</summary>
/// <param name="Code">Why; the peer is told.</param>
/// <param name="Message">The reason in words; the peer is told.</param>
/// <param name="RetryAfter">When the peer may come back; null leaves it to its own backoff.</param>
/// <param name="Drain">Whether what is queued and what is being stored is finished first, up to the drain timeout.</param>
public sealed record CloseRequested(MeshErrorCode Code, string Message, TimeSpan? RetryAfter, bool Drain) : LinkInput;

/// <summary>What this node wants, whole. Give it once before <see cref="StreamOpened"/>, then after every change; an older version is
/// ignored.</summary>
public sealed record LocalInterestChanged(long Version, IReadOnlyList<TopicPattern> Patterns) : LinkInput;

/// <summary>Answers <see cref="ApplyRemoteInterest"/>.</summary>
/// <param name="Token">The request's.</param>
/// <param name="SinceUnixMs">The log's time at which every silo had applied it: later appends are stamped at or after it.</param>
/// <param name="Code">Why it failed; the session tries again.</param>
public sealed record RemoteInterestApplied(long Token, long SinceUnixMs, MeshErrorCode Code = MeshErrorCode.None) : LinkInput;

/// <summary>A topic's read limit has moved. A lost one costs latency only: the session looks through the topics once a sweep interval.</summary>
public sealed record TopicAdvanced(TopicName Topic) : LinkInput;

/// <summary>A topic with events of this node.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="End">This node's last flushed position in it; never none.</param>
public readonly record struct FoundTopic(TopicName Topic, Position End);

/// <summary>Answers <see cref="FindTopics"/>.</summary>
/// <param name="Token">The request's.</param>
/// <param name="Topics">What matched, in ordinal order.</param>
/// <param name="Last">The last topic that was looked at: the next page begins after it.</param>
/// <param name="IsLast">Whether there are no topics after it.</param>
/// <param name="Version">The log's flush version before they were looked at; -1 if it has none.</param>
public sealed record TopicsFound(
    long Token, IReadOnlyList<FoundTopic> Topics, TopicName Last, bool IsLast, long Version = FindTopics.UnknownVersion) : LinkInput;

/// <summary>Answers <see cref="ReadTopic"/>: every request gets exactly one answer.</summary>
/// <param name="Token">The request's.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Items">Own events and gaps, each continuing the one before it.</param>
/// <param name="Next">Where the next read begins.</param>
/// <param name="End">This node's last flushed position in the topic.</param>
/// <param name="NeedsOffer">For <see cref="ReadStartKind.Open"/>: older events precede the peer's interest, so it must be asked what it holds;
/// there are no items.</param>
/// <param name="Code">Why the read failed; the session tries again later.</param>
public sealed record TopicRead(
    long Token, TopicName Topic, IReadOnlyList<LinkItem> Items, LogOffset Next, Position End, bool NeedsOffer, MeshErrorCode Code) : LinkInput;

/// <summary>Answers <see cref="LookUpPositions"/>.</summary>
/// <param name="Token">The request's.</param>
/// <param name="Held">The flushed positions, in the order of the request's topics.</param>
public sealed record PositionsFound(long Token, IReadOnlyList<Position> Held) : LinkInput;

/// <summary>Answers <see cref="ReplicateItems"/>: every request gets exactly one answer.</summary>
/// <param name="Token">The request's.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Results">One result, in order, for each item that was decided.</param>
/// <param name="Code">Why the others were not; none when all were.</param>
/// <param name="RetryAfter">When it is worth trying again.</param>
public sealed record ItemsReplicated(
    long Token, TopicName Topic, IReadOnlyList<LinkItemResult> Results, MeshErrorCode Code, TimeSpan? RetryAfter) : LinkInput;

/// <summary>Answers <see cref="IngestEvents"/>: every request gets exactly one answer.</summary>
public sealed record EventsIngested(long Token, TopicName Topic, MeshErrorCode Code, TimeSpan? RetryAfter) : LinkInput;

/// <summary>Sends a frame that no log keeps: when there is no room in time, the drop policy decides.</summary>
public sealed record SendBestEffort(LinkFrame Frame) : LinkInput;
