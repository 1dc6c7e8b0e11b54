namespace EventMesh.Core.Identity;

/// <summary>Number of a topic's writer. A greater term fences every smaller one; it never leaves the node.</summary>
public readonly record struct Term(long Value) : IComparable<Term>
{
    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
