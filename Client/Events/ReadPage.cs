using EventMesh.Core.Identity;

namespace EventMesh.Client.Events;

/// <summary>A stretch of a topic's log.</summary>
/// <param name="Events">The records, in log order.</param>
/// <param name="Next">Where to read on.</param>
/// <param name="Start">The oldest offset held.</param>
/// <param name="End">The offset after the last record that can be read now: <paramref name="Next"/> reaches it when nothing is left.</param>
public sealed record ReadPage(IReadOnlyList<MeshEvent> Events, LogOffset Next, LogOffset Start, LogOffset End);
