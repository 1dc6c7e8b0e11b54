using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Tools;

/// <summary>What <see cref="FileLogTools.Inspect"/> has found.</summary>
/// <param name="Location">Where the store is.</param>
/// <param name="Store">What the <c>store</c> file says; null where it is damaged or missing.</param>
/// <param name="LastGroup">The last whole group that was found; 0 for none.</param>
/// <param name="Segments">The segments, in order of their numbers.</param>
/// <param name="TopicCount">How many topics there are, deleted ones that are remembered included, whatever pattern was asked for.</param>
/// <param name="Topics">The topics that match, in ordinal order; empty unless they were asked for.</param>
/// <param name="Damage">What the node has found damaged, oldest first.</param>
/// <param name="Findings">What was noticed on the way. This is no check: <see cref="FileLogTools.Verify"/> is.</param>
public sealed record StoreInspection(
    string Location,
    StoreDescription? Store,
    long LastGroup,
    IReadOnlyList<SegmentDescription> Segments,
    int TopicCount,
    IReadOnlyList<TopicDescription> Topics,
    IReadOnlyList<DamageNote> Damage,
    IReadOnlyList<StoreFinding> Findings);

/// <summary>Whose store it is, and how it was left.</summary>
/// <param name="Node">The node that it belongs to.</param>
/// <param name="StoreId">Random, for ever: tells stores of one node apart.</param>
/// <param name="Incarnation">The greatest that the node has begun.</param>
/// <param name="IsClosed">Whether it was closed in order; if not, a node has it open, or was ended without a word.</param>
/// <param name="DoubtGroup">The last group that was lost without a trace of its topics; 0 for none.</param>
public sealed record StoreDescription(NodeId Node, Guid StoreId, Incarnation Incarnation, bool IsClosed, long DoubtGroup);

/// <summary>What a segment is to the journal.</summary>
public enum SegmentCondition
{
    /// <summary>Full or closed, with a footer that says what it holds.</summary>
    Sealed,

    /// <summary>Without a footer: it is written, or waits for one, or the node was ended before it had one.</summary>
    Open,

    /// <summary>Its header is damaged, so nothing in it can be told.</summary>
    Unreadable,
}

/// <summary>A segment of the journal.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Generation">How often it was rewritten.</param>
/// <param name="Condition">What it is to the journal.</param>
/// <param name="IsRewritten">Whether only what was still wanted is left in it: group numbers then have holes.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="FirstGroup">Its first group.</param>
/// <param name="LastGroup">Its last; below the first where there is none.</param>
/// <param name="Topics">Topics that it holds something of.</param>
/// <param name="FileBytes">Bytes of the file.</param>
/// <param name="UsedBytes">Bytes up to where its groups end.</param>
/// <param name="RecordBytes">Bytes of records in it.</param>
/// <param name="LiveRecordBytes">Those of them whose topic still holds records here; a topic's part counts until all of it is trimmed.</param>
public sealed record SegmentDescription(
    long Number,
    long Generation,
    SegmentCondition Condition,
    bool IsRewritten,
    DateTimeOffset CreatedAt,
    long FirstGroup,
    long LastGroup,
    int Topics,
    long FileBytes,
    long UsedBytes,
    long RecordBytes,
    long LiveRecordBytes);

/// <summary>A topic of the store.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="Start">The first offset that is held.</param>
/// <param name="Next">The offset that the next record gets.</param>
/// <param name="Bytes">Bytes of its records from <paramref name="Start"/> on, roughly: its part of a segment counts until all of that is trimmed.</param>
/// <param name="Segments">Segments that hold something of it.</param>
/// <param name="LastAppendAt">When something was last appended; null for never.</param>
/// <param name="TrimmedAt">When <paramref name="Start"/> last moved; null for never.</param>
/// <param name="DeletedAt">When it was deleted; null while it is not.</param>
/// <param name="Positions">The last position of each origin, this node included.</param>
/// <param name="Producers">Producers that are remembered, so that what they repeat is stored once.</param>
public sealed record TopicDescription(
    TopicName Topic,
    LogOffset Start,
    LogOffset Next,
    long Bytes,
    int Segments,
    DateTimeOffset? LastAppendAt,
    DateTimeOffset? TrimmedAt,
    DateTimeOffset? DeletedAt,
    IReadOnlyList<KeyValuePair<NodeId, Position>> Positions,
    int Producers);
