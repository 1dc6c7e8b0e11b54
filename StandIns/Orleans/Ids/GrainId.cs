// The identity of a grain: its type and its key.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>Written as "type/key".</summary>
[Immutable]
public readonly struct GrainId : IEquatable<GrainId>, IComparable<GrainId>
{
    private readonly int _hash;

    public GrainId(GrainType type, IdSpan key)
    {
        Type = type;
        Key = key;
        _hash = HashCode.Combine(type, key);
    }

    public GrainType Type { get; }

    public IdSpan Key { get; }

    public bool IsDefault => Type.IsDefault && Key.IsDefault;

    public static GrainId Create(string type, string key) => Create(GrainType.Create(type), key);

    public static GrainId Create(GrainType type, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new GrainId(type, IdSpan.Create(key));
    }

    public static GrainId Create(GrainType type, IdSpan key) => new(type, key);

    public static GrainId Parse(string value) => TryParse(value, out GrainId result)
        ? result
        : throw new FormatException($"\"{value}\" is no grain id: expected type/key.");

    public static bool TryParse([NotNullWhen(true)] string? value, out GrainId result)
    {
        int slash = value is null ? -1 : value.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == value!.Length - 1)
        {
            result = default;
            return false;
        }

        result = Create(value[..slash], value[(slash + 1)..]);
        return true;
    }

    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);

    public int CompareTo(GrainId other)
    {
        int byType = Type.CompareTo(other.Type);
        return byType != 0 ? byType : Key.CompareTo(other.Key);
    }

    public bool Equals(GrainId other) => _hash == other._hash && Key.Equals(other.Key) && Type.Equals(other.Type);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is GrainId other && Equals(other);

    public override int GetHashCode() => _hash;

    public override string ToString() => IsDefault ? string.Empty : $"{Type}/{Key}";
}
