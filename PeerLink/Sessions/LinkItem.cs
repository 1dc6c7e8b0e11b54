using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.PeerLink.Sessions;

/// <summary>A piece of one origin's run of events on one topic: a batch or a gap, exactly one of the two.</summary>
public readonly record struct LinkItem
{
    /// <summary>A piece that is a batch.</summary>
    public LinkItem(ReplicaBatch batch) => Batch = batch;

    /// <summary>A piece that is a gap.</summary>
    public LinkItem(Gap gap) => Gap = gap;

    /// <summary>The events, unless it is a gap.</summary>
    public ReplicaBatch? Batch { get; }

    /// <summary>The gap, unless it is a batch.</summary>
    public Gap? Gap { get; }

    /// <summary>The position before it.</summary>
    public Position Previous => Batch?.Previous ?? Gap?.From ?? Position.None;

    /// <summary>The position after it.</summary>
    public Position Last => Batch?.Last ?? Gap?.To ?? Position.None;

    /// <summary>Events in it; zero for a gap.</summary>
    public int Events => Batch?.Events.Count ?? 0;
}

/// <summary>What the log did with an item that came from the peer.</summary>
/// <param name="Verdict">What was decided.</param>
/// <param name="Held">The origin's flushed position after it.</param>
/// <param name="Stored">Records stored.</param>
/// <param name="Duplicates">Events dropped because they were held already.</param>
/// <param name="Rewound">Whether the origin turned out to have lost events that this log holds.</param>
public readonly record struct LinkItemResult(ReplicaVerdict Verdict, Position Held, int Stored, int Duplicates, bool Rewound);
