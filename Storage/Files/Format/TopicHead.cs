using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Format;

/// <summary>What a topic knows at a place of the journal, whether its records are still held or not.</summary>
/// <param name="Start">The first offset that is held.</param>
/// <param name="Next">The offset that the next record gets.</param>
/// <param name="LastAppendUnixMs">The time of the last append, by the log's time; 0 for none.</param>
/// <param name="TrimmedAtUnixMs">When the start last moved; 0 for never.</param>
/// <param name="DeletedAtUnixMs">When it was deleted; 0 while it is not.</param>
/// <param name="LastGroup">The last group that held a run of the topic other than a trim.</param>
/// <param name="Positions">Per origin, this node included, the last position that the log holds or has held.</param>
/// <param name="Producers">The producers that are remembered.</param>
internal sealed record TopicHead(
    long Start,
    long Next,
    long LastAppendUnixMs,
    long TrimmedAtUnixMs,
    long DeletedAtUnixMs,
    long LastGroup,
    IReadOnlyList<KeyValuePair<NodeId, Position>> Positions,
    IReadOnlyList<ProducerHead> Producers);
