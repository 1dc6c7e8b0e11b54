using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>What a log does with a batch or gap that comes from another node.</summary>
public enum ReplicaVerdict
{
    /// <summary>It continues what is held: store it, without the first <see cref="ReplicaDecision.Skip"/> events.</summary>
    Take,

    /// <summary>Nothing in it is above what is held: drop it, count it, acknowledge it.</summary>
    Duplicate,

    /// <summary>It does not continue what is held: the sender must resume at the receiver's position.</summary>
    Resume,
}

/// <summary>The outcome of <see cref="ReplicationRule"/>.</summary>
/// <param name="Verdict">What to do.</param>
/// <param name="Skip">How many events at the front are already held.</param>
/// <param name="Rewound">The origin began a newer incarnation behind what is held: events that this log has are unknown to it.</param>
/// <param name="Lost">The origin began again from nothing: a gap up to the batch belongs before it.</param>
public readonly record struct ReplicaDecision(ReplicaVerdict Verdict, int Skip = 0, bool Rewound = false, bool Lost = false);

/// <summary>Decides by contiguity, never by the highest position seen: a hole can then never be taken for a duplicate.</summary>
public static class ReplicationRule
{
    /// <summary>Decides on a batch, given the position that the log holds for its origin.</summary>
    public static ReplicaDecision Decide(Position held, ReplicaBatch batch)
    {
        if (batch.Last <= held)
        {
            return new(ReplicaVerdict.Duplicate);
        }

        if (batch.Previous == held)
        {
            return new(ReplicaVerdict.Take);
        }

        if (batch.Incarnation == held.Incarnation)
        {
            // The front repeats what is held, the rest continues it. A batch that starts beyond leaves a hole.
            return batch.FirstSequence <= held.Sequence
                ? new(ReplicaVerdict.Take, Skip: (int)(held.NextSequence - batch.FirstSequence))
                : new(ReplicaVerdict.Resume);
        }

        if (held.IsNone || batch.Incarnation < held.Incarnation)
        {
            return new(ReplicaVerdict.Resume);
        }

        // A newer incarnation that follows something older than what is held: the origin lost its end.
        return batch.Previous.IsNone
            ? new(ReplicaVerdict.Take, Rewound: true, Lost: true)
            : new(batch.Previous < held ? ReplicaVerdict.Take : ReplicaVerdict.Resume, Rewound: batch.Previous < held);
    }

    /// <summary>Decides on a gap: it is taken where it begins at or below what is held and ends above it.</summary>
    public static ReplicaDecision Decide(Position held, Gap gap) =>
        gap.To <= held ? new(ReplicaVerdict.Duplicate)
        : gap.From <= held ? new(ReplicaVerdict.Take)
        : new(ReplicaVerdict.Resume);
}
