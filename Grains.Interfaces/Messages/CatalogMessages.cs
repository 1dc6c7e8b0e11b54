using EventMesh.Core.Errors;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>A topic in a listing of this node.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.topic-info")]
public sealed record TopicInfo(
    [property: Id(0)] string Topic,
    [property: Id(1)] long StartOffset,
    [property: Id(2)] long EndOffset,
    [property: Id(3)] long Bytes);

/// <summary>A page of topics in ordinal order; <paramref name="Next"/> is what to ask after for more, empty at the end.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.topic-page")]
public sealed record TopicPage(
    [property: Id(0)] TopicInfo[] Topics,
    [property: Id(1)] string Next,
    [property: Id(2)] MeshErrorCode Code = MeshErrorCode.None,
    [property: Id(3)] string Message = "");

/// <summary>Records read directly from a topic.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.read-reply")]
public sealed record ReadReply(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] TopicRecords? Records,
    [property: Id(3)] long StartOffset,
    [property: Id(4)] long EndOffset);
