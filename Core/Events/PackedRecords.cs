namespace EventMesh.Core.Events;

/// <summary>Records of one topic in one buffer, as they cross to a client; built and read by <see cref="RecordPacker"/>.</summary>
/// <param name="Count">How many records.</param>
/// <param name="Origins">The origins that the entries refer to by index.</param>
/// <param name="Entries">The entries, back to back.</param>
public readonly record struct PackedRecords(int Count, IReadOnlyList<string> Origins, ReadOnlyMemory<byte> Entries);
