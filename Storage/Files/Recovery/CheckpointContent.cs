using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>What a sound checkpoint says of the journal as a whole.</summary>
/// <param name="LastSegment">Everything up to this segment is covered.</param>
/// <param name="LastGroup">The last group that is covered; it was flushed.</param>
/// <param name="Bytes">Bytes of the file.</param>
/// <param name="Segments">The segments that it covers, in order of their numbers.</param>
internal sealed record CheckpointContent(long LastSegment, long LastGroup, long Bytes, IReadOnlyList<CoveredSegment> Segments);
