using System.Text.Json.Serialization;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>A line of <c>damage.log</c>.</summary>
/// <param name="Time">When it was found.</param>
/// <param name="File">The damaged file.</param>
/// <param name="Position">The first damaged byte.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="What">What they were, and what became of it.</param>
/// <param name="SetAside">The file that has a copy of them; null where none was made: there was nothing to copy, or a limit was reached.</param>
/// <param name="SetAsideBytes">Bytes of the copy; fewer than <paramref name="Length"/> where a limit was reached.</param>
internal sealed record DamageLine(DateTimeOffset Time, string File, long Position, long Length, string What, string? SetAside, long SetAsideBytes);

/// <summary>How lines of <c>damage.log</c> are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DamageLine))]
internal sealed partial class DamageLines : JsonSerializerContext;
