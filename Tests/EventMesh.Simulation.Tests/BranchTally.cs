using EventMesh.PeerLink.Sessions;

namespace EventMesh.Simulation.Tests;

/// <summary>How often each branch of the session was taken.</summary>
internal sealed class BranchTally : ILinkProbe
{
    /// <summary>What nodes of one release and logged topics never cause; each has a test of its own at the session.</summary>
    public static readonly IReadOnlySet<LinkBranch> Elsewhere = new HashSet<LinkBranch>
    {
        // A peer that speaks the reference protocol.
        LinkBranch.IdentifiedReference, LinkBranch.ReferenceInterestRecalled, LinkBranch.ReferenceInterestUnknown, LinkBranch.EventIngested,
        LinkBranch.IngestRetried, LinkBranch.EventDropped, LinkBranch.ClosedWithoutGoodbye,

        // Best-effort frames.
        LinkBranch.BestEffortWaits, LinkBranch.BestEffortDroppedOldest, LinkBranch.BestEffortDroppedNewest,

        // A peer that breaks rules, or is of another release.
        LinkBranch.HandshakeRefused, LinkBranch.WrongFirstFrame, LinkBranch.SecondHandshake, LinkBranch.FrameIgnored, LinkBranch.FrameNotNegotiated,
        LinkBranch.InterestSkipped, LinkBranch.TooMuchInterest, LinkBranch.ControlLaneOverrun, LinkBranch.EventsRefusedOnArrival, LinkBranch.GapRefused,
        LinkBranch.TopicRefused, LinkBranch.ForeignOrigin, LinkBranch.CreditViolated, LinkBranch.ResumeTime, LinkBranch.InterestConfirmedOld,

        // A peer that holds what its origin never flushed.
        LinkBranch.PeerAhead,
    };

    private readonly long[] _counts = new long[Enum.GetValues<LinkBranch>().Length];

    public long this[LinkBranch branch] => Volatile.Read(ref _counts[(int)branch]);

    public void Hit(LinkBranch branch) => Interlocked.Increment(ref _counts[(int)branch]);
}
