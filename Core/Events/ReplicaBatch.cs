using EventMesh.Core.Errors;
using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>Consecutive events of one origin on one topic, on their way to another node's log.</summary>
/// <param name="Origin">The node that they were published at.</param>
/// <param name="Incarnation">The origin's incarnation when it appended them: one for the whole batch.</param>
/// <param name="Previous">The position before the first event: what the receiver must hold to take the batch.</param>
/// <param name="FirstSequence">Sequence of the first event: one more than that of <paramref name="Previous"/>, in whichever incarnation.</param>
/// <param name="Hops">Links crossed so far, the one that it came by included; at most 16.</param>
/// <param name="Events">The events.</param>
public sealed record ReplicaBatch(
    NodeId Origin, Incarnation Incarnation, Position Previous, long FirstSequence, int Hops, EventBatch Events)
{
    /// <summary>Most links that an event may cross.</summary>
    public const int MaxHops = 16;

    /// <summary>Checks that the parts agree: the numbering is dense and nothing is out of range. The events themselves are not looked at.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.MalformedFrame"/>.</exception>
    public void Validate()
    {
        var rule =
            Origin.IsEmpty ? "names no origin"
            : Incarnation.Value < 1 || Incarnation < Previous.Incarnation ? "has an incarnation older than what it follows, or none"
            : FirstSequence != Previous.NextSequence ? $"begins at {FirstSequence} but follows {Previous}"
            : FirstSequence > long.MaxValue - EventLimits.MaxBatchEvents ? "has a sequence beyond the limit"
            : Hops is < 1 or > MaxHops ? $"has crossed {Hops} links; 1 to {MaxHops} are allowed"
            : Events.Count is < 1 or > EventLimits.MaxBatchEvents ? $"holds {Events.Count} events"
            : null;
        if (rule is not null)
        {
            throw new EventMeshException(MeshErrorCode.MalformedFrame, $"Batch of '{Origin}' {rule}.");
        }
    }

    /// <summary>Position of the first event.</summary>
    public Position First => new(Incarnation, FirstSequence);

    /// <summary>Position of the last event.</summary>
    public Position Last => new(Incarnation, FirstSequence + Events.Count - 1);
}
