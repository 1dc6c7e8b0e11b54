using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Something that a session wants done. Requests carry a token that their answer repeats.</summary>
/// <remarks>Frames are no outputs: after every step the owner takes them with <see cref="LinkSession.NextFrame"/> while its writer has
/// room.</remarks>
public abstract record LinkOutput
{
    private protected LinkOutput()
    {
    }
}

/// <summary>The peer has said who it is. Answer with <see cref="PeerAdmitted"/> or <see cref="CloseRequested"/> before the next frame is
/// given.</summary>
public sealed record PeerIdentified(LinkIdentity Identity) : LinkOutput;

/// <summary>The handshakes are done and frames flow.</summary>
public sealed record LinkEstablished(LinkIdentity Identity) : LinkOutput;

/// <summary>The link's health has changed.</summary>
public sealed record HealthChanged(LinkHealth From, LinkHealth To) : LinkOutput;

/// <summary>Make <paramref name="Patterns"/> the peer's interest on every silo of this node; answer with
/// <see cref="RemoteInterestApplied"/>.</summary>
public sealed record ApplyRemoteInterest(long Token, IReadOnlyList<TopicPattern> Patterns) : LinkOutput;

/// <summary>List topics after <paramref name="After"/> that match a pattern, are not the system's and hold a flushed event of this node; answer with
/// <see cref="TopicsFound"/>. At most <paramref name="Limit"/> topics are looked at.</summary>
/// <param name="Token">For the answer.</param>
/// <param name="After">Where the page begins.</param>
/// <param name="Limit">Most topics to look at.</param>
/// <param name="Patterns">What to match.</param>
/// <param name="Known">The log's flush version that all topics have been looked at since; while that is still the log's, there is nothing to look at and the
/// page is empty and the last. -1 for none.</param>
public sealed record FindTopics(
    long Token, TopicName After, int Limit, IReadOnlyList<TopicPattern> Patterns, long Known = FindTopics.UnknownVersion) : LinkOutput
{
    /// <summary>No flush version.</summary>
    public const long UnknownVersion = -1;
}

/// <summary>Read this node's own flushed events of a topic; answer with <see cref="TopicRead"/>. One read per topic is under way at a time.</summary>
/// <param name="Token">For the answer.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Start">Where to start.</param>
/// <param name="MaxBytes">Most bytes of packed events in all; one larger event is returned alone.</param>
public sealed record ReadTopic(long Token, TopicName Topic, ReadStart Start, int MaxBytes) : LinkOutput;

/// <summary>Where a read starts.</summary>
public enum ReadStartKind
{
    /// <summary>
    /// After <see cref="ReadStart.After"/>. Where events between it and the first one that is held are gone, the first item is a gap (trimmed)
    /// over them.
    /// The first batch's previous position is that of the own event before it in the log, and only with a cursor is it known to be
    /// <see cref="ReadStart.After"/>.
    /// </summary>
    After,

    /// <summary>
    /// First contact with nothing remembered: if no own event precedes <see cref="ReadStart.SinceUnixMs"/>, as <see cref="After"/> nothing;
    /// else there is
    /// nothing to read and the answer is <see cref="TopicRead.NeedsOffer"/>.
    /// </summary>
    Open,

    /// <summary>
    /// At the first event appended at or after <see cref="ReadStart.SinceUnixMs"/>; where own events precede it the first item is a gap
    /// (before-interest)
    /// from nothing up to the last of them.
    /// </summary>
    Time,
}

/// <summary>Where a read starts.</summary>
/// <param name="Kind">How to find the start.</param>
/// <param name="After">For <see cref="ReadStartKind.After"/>: the position to go on from.</param>
/// <param name="Cursor">The offset that the read that ended at <paramref name="After"/> said comes next; null when there was none.</param>
/// <param name="SinceUnixMs">The log's time for the other kinds.</param>
public readonly record struct ReadStart(ReadStartKind Kind, Position After, LogOffset? Cursor, long SinceUnixMs);

/// <summary>Say which flushed position of <paramref name="Origin"/> this node holds in each topic; answer with
/// <see cref="PositionsFound"/>.</summary>
public sealed record LookUpPositions(long Token, NodeId Origin, IReadOnlyList<TopicName> Topics) : LinkOutput;

/// <summary>Store the peer's items, in order; answer with <see cref="ItemsReplicated"/> once they are flushed. One call per topic is under way
/// at a time.</summary>
public sealed record ReplicateItems(long Token, TopicName Topic, NodeId Origin, IReadOnlyList<LinkItem> Items) : LinkOutput;

/// <summary>Store a reference peer's events as this node's own; answer with <see cref="EventsIngested"/>. One call per topic is under way at a
/// time.</summary>
public sealed record IngestEvents(long Token, TopicName Topic, EventBatch Events) : LinkOutput;

/// <summary>Something worth a log line or a count.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Code">The error behind it, or none.</param>
/// <param name="Topic">The topic, or the default.</param>
/// <param name="Detail">Words for the log; text that came from the peer is clipped.</param>
public sealed record LinkNotice(LinkNoticeKind Kind, MeshErrorCode Code, TopicName Topic, string Detail) : LinkOutput;

/// <summary>The link is over: end the stream. The last output of a session.</summary>
/// <param name="Code">Why.</param>
/// <param name="Message">Why, in words.</param>
/// <param name="RetryAfter">The peer's hint when to come back.</param>
/// <param name="ByPeer">Whether the peer said so.</param>
public sealed record CloseLink(MeshErrorCode Code, string Message, TimeSpan? RetryAfter, bool ByPeer) : LinkOutput;
