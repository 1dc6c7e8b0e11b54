using EventMesh.Core.Identity;

namespace EventMesh.Storage.Producers;

/// <summary>What a topic remembers of a producer, oldest batch first; part of the topic's head.</summary>
/// <param name="Producer">The producer.</param>
/// <param name="LastSeenUnixMs">When it last appended, by the log's time.</param>
/// <param name="Recent">Its last batches, 1 to 5; the last one's end is what comes next in line.</param>
internal sealed record ProducerHead(ProducerId Producer, long LastSeenUnixMs, IReadOnlyList<ProducerBatch> Recent);

/// <summary>A batch that a producer appended.</summary>
/// <param name="FirstSequence">The producer's number of its first event.</param>
/// <param name="Count">How many events.</param>
/// <param name="FirstOffset">Where they are in the topic.</param>
/// <param name="First">The first one's position at this node.</param>
internal readonly record struct ProducerBatch(long FirstSequence, int Count, long FirstOffset, Position First);
