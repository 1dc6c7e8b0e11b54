using System.Diagnostics.CodeAnalysis;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Topics;

/// <summary>The name of a topic, such as <c>orders.eu.created</c>.</summary>
/// <remarks>
/// 1 to 255 bytes of dot-separated segments of <c>A-Z a-z 0-9 _ -</c>, none empty. A first segment that begins with <c>$</c>
/// marks a topic of the system: users may read it, may not publish to it, and it never leaves its node.
/// </remarks>
public readonly record struct TopicName : IComparable<TopicName>
{
    /// <summary>Longest topic, in bytes (topics are ASCII, so also in characters).</summary>
    public const int MaxBytes = 255;

    private const string StatePrefix = "$state";

    private readonly string? _value;

    private TopicName(string value) => _value = value;

    /// <summary>The name as text; empty for the default value, which names no topic.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether the topic belongs to the system.</summary>
    public bool IsSystem => Value.StartsWith('$');

    /// <summary>Whether the topic holds the last values of the node's own state (its first segment begins with <c>$state</c>).</summary>
    /// <remarks>No retention takes anything of it, whatever its age or size: who writes it trims it by itself.</remarks>
    public bool IsState => Value.StartsWith(StatePrefix, StringComparison.Ordinal);

    /// <summary>Reads a topic name.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidTopic"/>, with the rule that is broken.</exception>
    public static TopicName Parse(string? text) =>
        Check(text) is { } rule
            ? throw new EventMeshException(MeshErrorCode.InvalidTopic, $"Topic '{Printable.Clip(text)}' {rule}.")
            : new TopicName(text!);

    /// <summary>Reads a topic name; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TopicName topic)
    {
        var valid = Check(text) is null;
        topic = valid ? new TopicName(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(TopicName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string? Check(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "is empty";
        }

        if (text.Length > MaxBytes)
        {
            return $"is longer than {MaxBytes} bytes";
        }

        var name = text.AsSpan(text[0] == '$' ? 1 : 0);
        foreach (var range in name.Split('.'))
        {
            if (SegmentRule(name[range]) is { } rule)
            {
                return rule;
            }
        }

        return null;
    }

    internal static string? SegmentRule(ReadOnlySpan<char> segment) =>
        segment.IsEmpty ? "has an empty segment"
        : segment.ContainsAnyExcept(TextRules.SegmentCharacters) ? "may hold only A-Z a-z 0-9 _ - between its dots"
        : null;
}
