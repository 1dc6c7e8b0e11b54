namespace EventMesh.PeerLink.Frames;

/// <summary>Everything that the sender's node wants: replaces what was known. Sent after every handshake.</summary>
/// <param name="Node">Whose interest it is, as it came.</param>
/// <param name="Patterns">The patterns, as they came; a receiver skips empty ones and counts those that it cannot read.</param>
/// <param name="Version">Number of this state, counted from 1 on each link; zero from a reference peer.</param>
public sealed record InterestSnapshotFrame(string Node, IReadOnlyList<string> Patterns, long Version) : LinkFrame
{
    /// <inheritdoc/>
    public override int SizeBytes => 64 + Patterns.Sum(static pattern => pattern.Length + 4);
}

/// <summary>One pattern that the sender's node began or ceased to want.</summary>
public sealed record InterestUpdateFrame(string Node, bool IsSubscribe, string Pattern, long Version) : LinkFrame;

/// <summary>Says that the receiver of interest has applied it: from here on, what is appended and matches is wanted.</summary>
public sealed record InterestAppliedFrame(long Version) : LinkFrame;
