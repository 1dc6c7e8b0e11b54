using System.Diagnostics.CodeAnalysis;
using EventMesh.Core.Errors;

namespace EventMesh.Core.Topics;

/// <summary>A set of topics: a topic in which <c>*</c> stands for exactly one segment and a final <c>></c> for one or more.</summary>
/// <remarks>A leading wildcard does not match topics of the system (<c>$...</c>). Limits are those of <see cref="TopicName"/>.</remarks>
public readonly record struct TopicPattern : IComparable<TopicPattern>
{
    private readonly string? _value;

    private TopicPattern(string value) => _value = value;

    /// <summary>Every topic that is not the system's.</summary>
    public static TopicPattern All { get; } = new(">");

    /// <summary>The pattern as text; empty for the default value, which matches nothing.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether the pattern holds no wildcard and so names one topic.</summary>
    public bool IsLiteral => !Value.AsSpan().ContainsAny('*', '>');

    /// <summary>The pattern that matches <paramref name="topic"/> alone.</summary>
    public static TopicPattern Exactly(TopicName topic) => new(topic.Value);

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidPattern"/>, with the rule that is broken.</exception>
    public static TopicPattern Parse(string? text) =>
        Check(text) is { } rule
            ? throw new EventMeshException(MeshErrorCode.InvalidPattern, $"Pattern '{Printable.Clip(text)}' {rule}.")
            : new TopicPattern(text!);

    /// <summary>Reads a pattern; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TopicPattern pattern)
    {
        var valid = Check(text) is null;
        pattern = valid ? new TopicPattern(text!) : default;
        return valid;
    }

    /// <summary>Whether <paramref name="topic"/> is in the set. Compares segment by segment without allocating.</summary>
    public bool Matches(TopicName topic)
    {
        var pattern = Value.AsSpan();
        var name = topic.Value.AsSpan();
        if (pattern.IsEmpty || name.IsEmpty || (topic.IsSystem && pattern[0] is '*' or '>'))
        {
            return false;
        }

        while (true)
        {
            var expected = TakeSegment(ref pattern);
            var actual = TakeSegment(ref name);
            if (expected is ">")
            {
                return true;
            }

            if (expected is not "*" && !expected.SequenceEqual(actual))
            {
                return false;
            }

            if (pattern.IsEmpty || name.IsEmpty)
            {
                return pattern.IsEmpty && name.IsEmpty;
            }
        }
    }

    /// <inheritdoc/>
    public int CompareTo(TopicPattern other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static ReadOnlySpan<char> TakeSegment(ref ReadOnlySpan<char> rest)
    {
        var dot = rest.IndexOf('.');
        var segment = dot < 0 ? rest : rest[..dot];
        rest = dot < 0 ? [] : rest[(dot + 1)..];
        return segment;
    }

    private static string? Check(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "is empty";
        }

        if (text.Length > TopicName.MaxBytes)
        {
            return $"is longer than {TopicName.MaxBytes} bytes";
        }

        var rest = text.AsSpan(text[0] == '$' ? 1 : 0);
        if (text.StartsWith("$*", StringComparison.Ordinal) || text.StartsWith("$>", StringComparison.Ordinal))
        {
            return "must name the first segment of the system's topics";
        }

        foreach (var range in rest.Split('.'))
        {
            var segment = rest[range];
            var last = range.End.GetOffset(rest.Length) == rest.Length;
            var rule = segment switch
            {
                "*" => null,
                ">" => last ? null : "may hold '>' only as its last segment",
                _ => TopicName.SegmentRule(segment) is null ? null : "must be segments of A-Z a-z 0-9 _ -, '*', or a final '>'",
            };
            if (rule is not null)
            {
                return rule;
            }
        }

        return null;
    }
}
