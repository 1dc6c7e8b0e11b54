namespace EventMesh.Core.Events;

/// <summary>Events of one topic, packed back to back in one buffer: the unit of publishing, appending, delivering and linking.</summary>
/// <remarks>
/// Entry layout, repeated <see cref="Count"/> times and built by <see cref="EventBatchBuilder"/>, read by <see cref="EventBatchReader"/>:
/// <code>
/// time delta   zigzag varint   milliseconds relative to <see cref="BaseTimeUnixMs"/>
/// length       varint          bytes of the body
/// body         bytes           see <see cref="EventBody"/>
/// </code>
/// Keep in step with <c>docs/formats/event.md</c>. The bytes must not change while anybody holds the batch.
/// </remarks>
/// <param name="Count">How many events, 1 to <see cref="EventLimits.MaxBatchEvents"/>.</param>
/// <param name="BaseTimeUnixMs">UTC milliseconds that the entries' times are relative to; the origin sets it when it appends.</param>
/// <param name="Bytes">The entries.</param>
public readonly record struct EventBatch(int Count, long BaseTimeUnixMs, ReadOnlyMemory<byte> Bytes);
