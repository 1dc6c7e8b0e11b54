namespace EventMesh.Core.Identity;

/// <summary>Place of a record in one node's log of a topic: from 0, dense, never given twice, meaningless on another node.</summary>
public readonly record struct LogOffset(long Value) : IComparable<LogOffset>
{
    /// <summary>The first offset of every topic.</summary>
    public static LogOffset Zero => default;

    /// <summary>The offset <paramref name="count"/> records later.</summary>
    public LogOffset Plus(long count) => new(checked(Value + count));

    /// <inheritdoc/>
    public int CompareTo(LogOffset other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(LogOffset left, LogOffset right) => left.Value < right.Value;

    public static bool operator >(LogOffset left, LogOffset right) => left.Value > right.Value;

    public static bool operator <=(LogOffset left, LogOffset right) => left.Value <= right.Value;

    public static bool operator >=(LogOffset left, LogOffset right) => left.Value >= right.Value;
}
