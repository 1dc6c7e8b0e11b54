using System.Diagnostics.CodeAnalysis;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Identity;

/// <summary>The name of a node: one Orleans cluster of one or more silos. It is the origin in every event's identity.</summary>
/// <remarks>1 to 64 characters of <c>A-Z a-z 0-9 . _ -</c>; compared byte by byte, so case matters.</remarks>
public readonly record struct NodeId : IComparable<NodeId>
{
    /// <summary>Longest node id, in characters.</summary>
    public const int MaxLength = 64;

    private readonly string? _value;

    private NodeId(string value) => _value = value;

    /// <summary>The id as text; empty for the default value, which names no node.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether this is the default value, which names no node.</summary>
    public bool IsEmpty => _value is null;

    /// <summary>Reads a node id.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidNodeId"/>: empty, too long, or a character that is not allowed.</exception>
    public static NodeId Parse(string? text) =>
        TryParse(text, out var id)
            ? id
            : throw new EventMeshException(
                MeshErrorCode.InvalidNodeId,
                $"Node id '{Printable.Clip(text)}' must have 1 to {MaxLength} characters of A-Z a-z 0-9 . _ -.");

    /// <summary>Reads a node id; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        var valid = text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(TextRules.NodeIdCharacters);
        id = valid ? new NodeId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
