using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>Where a subscription starts in topics that it has no position in.</summary>
[GenerateSerializer, Alias("eventmesh.start")]
public enum StartAt
{
    /// <summary>At what is appended once Subscribe has returned.</summary>
    Live = 0,

    /// <summary>At the oldest record that is held.</summary>
    Earliest = 1,

    /// <summary>At an offset (subscriptions to one topic).</summary>
    Offset = 2,

    /// <summary>At a time.</summary>
    Time = 3,
}

/// <summary>A place in one topic of this node.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.topic-cursor")]
public sealed record TopicCursor([property: Id(0)] string Topic, [property: Id(1)] long Offset);

/// <summary>Opens, or re-opens, a session.</summary>
/// <param name="Patterns">What is subscribed to, 1 to 64 patterns; an event that several match is delivered once.</param>
/// <param name="Start">Where to start.</param>
/// <param name="StartValue">The offset, or UTC milliseconds, that <paramref name="Start"/> calls for; on re-opening a live session, its <see cref="SessionOpened.SinceUnixMs"/>.</param>
/// <param name="Cursors">Where the client stands in the topics that it has read; empty at first.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.session-open")]
public sealed record SessionOpen(
    [property: Id(0)] string[] Patterns,
    [property: Id(1)] StartAt Start,
    [property: Id(2)] long StartValue,
    [property: Id(3)] TopicCursor[] Cursors);

/// <summary>The answer to <see cref="SessionOpen"/>: what is published from now on and matches will be delivered.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.session-opened")]
public sealed record SessionOpened(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] long SinceUnixMs);

/// <summary>Records of one topic in one buffer: see <see cref="RecordPacker"/>, which builds and reads it.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="NextOffset">The cursor after them.</param>
/// <param name="EndOffset">The topic's read limit when they were read.</param>
/// <param name="Count">How many records.</param>
/// <param name="Origins">As in <see cref="PackedRecords.Origins"/>.</param>
/// <param name="Packed">As in <see cref="PackedRecords.Entries"/>.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.topic-records")]
public sealed record TopicRecords(
    [property: Id(0)] string Topic,
    [property: Id(1)] long NextOffset,
    [property: Id(2)] long EndOffset,
    [property: Id(3)] int Count,
    [property: Id(4)] string[] Origins,
    [property: Id(5)] byte[] Packed);

/// <summary>What a pull brought: at least one record unless the wait ran out. The position is the client's to keep.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.pull-reply")]
public sealed record PullReply(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] TopicRecords[] Topics);
