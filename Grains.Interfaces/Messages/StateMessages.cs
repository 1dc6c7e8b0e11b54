using EventMesh.Core.Errors;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>A value to store.</summary>
/// <param name="Key">Its key within the kind, at most 2,048 bytes of UTF-8.</param>
/// <param name="ETag">The etag of the value that it replaces; null when there must be none.</param>
/// <param name="Value">The bytes, as they are to be read back.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.state-write")]
public sealed record StateWrite(
    [property: Id(0)] string Key,
    [property: Id(1)] string? ETag,
    [property: Id(2)] byte[] Value);

/// <summary>What became of a read, a write or a clear. Expected refusals are codes, not exceptions.</summary>
/// <param name="Code"><see cref="MeshErrorCode.None"/> when it was done; else nothing was stored, unless the code says that the outcome is unknown.</param>
/// <param name="Message">What to do about a refusal; empty on success.</param>
/// <param name="RetryAfterMs">Hint for transient refusals, in milliseconds; 0 for none.</param>
/// <param name="ETag">The etag of what is stored now, also with <c>StateConflict</c>; null when nothing is.</param>
/// <param name="Value">The value that was read; null for everything else.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.state-reply")]
public sealed record StateReply(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] long RetryAfterMs,
    [property: Id(3)] string? ETag,
    [property: Id(4)] byte[]? Value = null);
