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
    /// <summary>Decides on a batch that is valid (<see cref="ReplicaBatch.Validate"/>), given the position that the log holds for its origin.</summary>
    public static ReplicaDecision Decide(Position held, ReplicaBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
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

        if (held.IsNone || batch.Previous > held)
        {
            return new(ReplicaVerdict.Resume);
        }

        // A newer incarnation that follows something older than what is held, or nothing: the origin lost its end.
        return new(ReplicaVerdict.Take, Rewound: true, Lost: batch.Previous.IsNone);
    }

    /// <summary>Decides on a gap: it is taken where it begins at or below what is held and ends above it.</summary>
    /// <remarks>
    /// A sender says <see cref="GapReason.BeforeInterest"/> because it believes that nothing is held. Where something is, what follows
    /// it is wanted after all, and the sender resumes there.
    /// </remarks>
    public static ReplicaDecision Decide(Position held, Gap gap)
    {
        ArgumentNullException.ThrowIfNull(gap);
        if (gap.To <= held)
        {
            return new(ReplicaVerdict.Duplicate);
        }

        var skipsWanted = gap.Reason == GapReason.BeforeInterest && !held.IsNone;
        return new(gap.From <= held && !skipsWanted ? ReplicaVerdict.Take : ReplicaVerdict.Resume);
    }
}
