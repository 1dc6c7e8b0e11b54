namespace EventMesh.Core.Identity;

/// <summary>One life of a node: UTC milliseconds of its start, greater than any that the node has used or heard of itself.</summary>
/// <remarks>The greater incarnation is the newer one. Zero names none.</remarks>
public readonly record struct Incarnation(long Value) : IComparable<Incarnation>
{
    /// <summary>Begins the incarnation that follows <paramref name="last"/>, at the clock's time or just above <paramref name="last"/>, whichever is greater.</summary>
    public static Incarnation Next(Incarnation last, DateTimeOffset now) => new(Math.Max(last.Value + 1, now.ToUnixTimeMilliseconds()));

    /// <inheritdoc/>
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(Incarnation left, Incarnation right) => left.Value < right.Value;

    public static bool operator >(Incarnation left, Incarnation right) => left.Value > right.Value;

    public static bool operator <=(Incarnation left, Incarnation right) => left.Value <= right.Value;

    public static bool operator >=(Incarnation left, Incarnation right) => left.Value >= right.Value;
}
