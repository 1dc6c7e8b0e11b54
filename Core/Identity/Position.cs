namespace EventMesh.Core.Identity;

/// <summary>A place in the run of events that one origin has on one topic: (incarnation, sequence), ordered by both in that order.</summary>
/// <remarks>Sequences are dense from 0 per origin and topic and go on over incarnations from what the origin's log still holds.</remarks>
public readonly record struct Position : IComparable<Position>
{
    /// <summary>Creates a position; <paramref name="sequence"/> is 0 or more.</summary>
    public Position(Incarnation incarnation, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfLessThan(incarnation.Value, 1);
        Incarnation = incarnation;
        // Stored one higher so that the default value is None and sorts below every real position.
        _next = checked(sequence + 1);
    }

    private readonly long _next;

    /// <summary>Before every event: nothing is held yet.</summary>
    public static Position None => default;

    /// <summary>The incarnation; zero for <see cref="None"/>.</summary>
    public Incarnation Incarnation { get; }

    /// <summary>The sequence; -1 for <see cref="None"/>.</summary>
    public long Sequence => _next - 1;

    /// <summary>The sequence that follows this position within its incarnation; 0 for <see cref="None"/>.</summary>
    public long NextSequence => _next;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => _next == 0;

    /// <inheritdoc/>
    public int CompareTo(Position other) =>
        Incarnation.CompareTo(other.Incarnation) is var order and not 0 ? order : _next.CompareTo(other._next);

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"{Incarnation}/{Sequence}";

    public static bool operator <(Position left, Position right) => left.CompareTo(right) < 0;

    public static bool operator >(Position left, Position right) => left.CompareTo(right) > 0;

    public static bool operator <=(Position left, Position right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Position left, Position right) => left.CompareTo(right) >= 0;
}
