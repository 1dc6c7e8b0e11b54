namespace EventMesh.Storage.Files.Tools;

/// <summary>What a node has written into <c>damage.log</c>: damage that it found and dealt with.</summary>
/// <param name="Time">When it was found.</param>
/// <param name="File">The damaged file.</param>
/// <param name="Position">The first damaged byte.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="What">What they were, and what became of it.</param>
/// <param name="SetAside">The file that has a copy of them; null where none was made.</param>
public sealed record DamageNote(DateTimeOffset Time, string File, long Position, long Length, string What, string? SetAside);
