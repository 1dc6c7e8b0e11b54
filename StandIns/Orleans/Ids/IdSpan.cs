// The part of a grain id that is a name: of a grain type or of a grain within its type.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>Differs: holds text, where the real one holds UTF-8 bytes.</summary>
[Immutable]
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>
{
    private readonly string? _text;

    private IdSpan(string text) => _text = text;

    public bool IsDefault => _text is null;

    public static IdSpan Create(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return new IdSpan(id);
    }

    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);

    public int CompareTo(IdSpan other) => string.CompareOrdinal(_text, other._text);

    public bool Equals(IdSpan obj) => string.Equals(_text, obj._text, StringComparison.Ordinal);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is IdSpan other && Equals(other);

    public override int GetHashCode() => _text?.GetHashCode(StringComparison.Ordinal) ?? 0;

    public override string ToString() => _text ?? string.Empty;
}
