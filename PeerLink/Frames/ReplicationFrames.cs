using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Frames;

/// <summary>Consecutive events of one topic and origin.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Batch">The events and what they follow.</param>
/// <param name="ResumeNumber">The greatest number of a Resume or Pause, for whatever topic, that the sender had obeyed when it queued this;
/// zero for none.</param>
public sealed record BatchFrame(TopicName Topic, ReplicaBatch Batch, long ResumeNumber) : LinkFrame
{
    /// <inheritdoc/>
    public override bool IsControl => false;

    /// <inheritdoc/>
    public override int SizeBytes => 96 + Topic.Value.Length + Batch.Events.Bytes.Length;
}

/// <summary>A run of events that the receiver will not get, in the place of the events. Ordered with batches.</summary>
public sealed record GapFrame(TopicName Topic, Gap Gap, long ResumeNumber) : LinkFrame
{
    /// <inheritdoc/>
    public override bool IsControl => false;
}

/// <summary>A topic that the sender has events of and does not know the receiver's position in.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Origin">Whose events.</param>
/// <param name="End">The sender's last flushed position.</param>
public sealed record TopicOffer(TopicName Topic, NodeId Origin, Position End);

/// <summary>A page of offers, at most 256; the receiver answers each with a Resume.</summary>
public sealed record OfferFrame(IReadOnlyList<TopicOffer> Offers) : LinkFrame
{
    /// <summary>Most offers in a frame.</summary>
    public const int MaxOffers = 256;

    /// <inheritdoc/>
    public override int SizeBytes => 16 + Offers.Sum(static offer => 96 + offer.Topic.Value.Length);
}

/// <summary>Where a receiver that holds nothing of an origin's topic wants to start.</summary>
public enum ResumeStart
{
    /// <summary>At the position given with the Resume.</summary>
    Position = 0,

    /// <summary>At what was appended since the receiver's interest reached the origin; before it comes a gap.</summary>
    Live = 1,

    /// <summary>At the oldest event that the origin still holds.</summary>
    Earliest = 2,

    /// <summary>At a time.</summary>
    Time = 3,
}

/// <summary>Says where the receiver stands: the truth from which the sender goes on.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Origin">Whose events.</param>
/// <param name="Number">Greater than that of any Resume or Pause before on this link; the sender's next frames echo it, those of this topic
/// with a smaller one are ignored.</param>
/// <param name="Held">The receiver's position; none at first contact.</param>
/// <param name="Start">How to start when <paramref name="Held"/> is none.</param>
/// <param name="StartTimeUnixMs">The time for <see cref="ResumeStart.Time"/>.</param>
public sealed record ResumeFrame(
    TopicName Topic, NodeId Origin, long Number, Position Held, ResumeStart Start, long StartTimeUnixMs) : LinkFrame;

/// <summary>A receiver's flushed position.</summary>
public sealed record PositionAck(TopicName Topic, NodeId Origin, Position Held);

/// <summary>Cumulative acknowledgements, and credit that has become free: batches and gaps take as much as their
/// <see cref="LinkFrame.SizeBytes"/>. They move credit and lag, never the truth.</summary>
/// <param name="Acks">The newest position per topic and origin since the last such frame; may be empty.</param>
/// <param name="CreditBytes">Bytes that have become free again.</param>
public sealed record AcksFrame(IReadOnlyList<PositionAck> Acks, long CreditBytes) : LinkFrame
{
    /// <summary>Most acks in a frame.</summary>
    public const int MaxAcks = 1024;

    /// <inheritdoc/>
    public override int SizeBytes => 16 + Acks.Sum(static ack => 64 + ack.Topic.Value.Length);
}

/// <summary>The receiver cannot take this topic now: park it alone, go back to what was acknowledged, try again after the time given.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Origin">Whose events.</param>
/// <param name="Number">As in <see cref="ResumeFrame"/>.</param>
/// <param name="Code">Why.</param>
/// <param name="RetryAfter">When the sender may try again.</param>
public sealed record PauseFrame(TopicName Topic, NodeId Origin, long Number, MeshErrorCode Code, TimeSpan RetryAfter) : LinkFrame;

/// <summary>The last frame: why the link ends, and when to come back.</summary>
public sealed record GoodbyeFrame(MeshErrorCode Code, string Message, TimeSpan? RetryAfter) : LinkFrame;

/// <summary>A frame of a kind that this release does not know; ignored, counted, a sign of life.</summary>
public sealed record UnknownFrame : LinkFrame;
