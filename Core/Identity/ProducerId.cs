using System.Diagnostics.CodeAnalysis;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Identity;

/// <summary>The name under which a producer numbers what it publishes, so that a repeated publish is stored once.</summary>
/// <remarks>1 to 64 characters of <c>A-Z a-z 0-9 . _ -</c>; case matters. Two producers of one name are one producer.</remarks>
public readonly record struct ProducerId
{
    /// <summary>Longest producer id, in characters.</summary>
    public const int MaxLength = 64;

    private readonly string? _value;

    private ProducerId(string value) => _value = value;

    /// <summary>The id as text; empty for the default value, which names nobody.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether this is the default value, which names nobody.</summary>
    public bool IsEmpty => _value is null;

    /// <summary>Reads a producer id.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidProducer"/>: empty, too long, or a character that is not allowed.</exception>
    public static ProducerId Parse(string? text) =>
        TryParse(text, out var id)
            ? id
            : throw new EventMeshException(
                MeshErrorCode.InvalidProducer,
                $"Producer id '{Printable.Clip(text)}' must have 1 to {MaxLength} characters of A-Z a-z 0-9 . _ -.");

    /// <summary>Reads a producer id; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ProducerId id)
    {
        var valid = text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(TextRules.NodeIdCharacters);
        id = valid ? new ProducerId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
