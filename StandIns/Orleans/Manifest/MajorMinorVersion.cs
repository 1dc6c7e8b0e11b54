// The version of a cluster manifest.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics.CodeAnalysis;

namespace Orleans.Metadata;

[GenerateSerializer, Immutable]
public readonly struct MajorMinorVersion(long majorVersion, long minorVersion)
    : IComparable<MajorMinorVersion>, IEquatable<MajorMinorVersion>
{
    public static MajorMinorVersion Zero => default;

    [Id(0)]
    public long Major { get; } = majorVersion;

    [Id(1)]
    public long Minor { get; } = minorVersion;

    public static bool operator ==(MajorMinorVersion left, MajorMinorVersion right) => left.Equals(right);

    public static bool operator !=(MajorMinorVersion left, MajorMinorVersion right) => !left.Equals(right);

    public static bool operator <(MajorMinorVersion left, MajorMinorVersion right) => left.CompareTo(right) < 0;

    public static bool operator <=(MajorMinorVersion left, MajorMinorVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >(MajorMinorVersion left, MajorMinorVersion right) => left.CompareTo(right) > 0;

    public static bool operator >=(MajorMinorVersion left, MajorMinorVersion right) => left.CompareTo(right) >= 0;

    public int CompareTo(MajorMinorVersion other)
    {
        int byMajor = Major.CompareTo(other.Major);
        return byMajor != 0 ? byMajor : Minor.CompareTo(other.Minor);
    }

    public bool Equals(MajorMinorVersion other) => Major == other.Major && Minor == other.Minor;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is MajorMinorVersion other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Major, Minor);

    public override string ToString() => $"{Major}.{Minor}";
}
