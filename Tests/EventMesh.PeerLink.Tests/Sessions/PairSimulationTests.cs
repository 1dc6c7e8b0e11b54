using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class PairSimulationTests
{
    /// <summary>Branches that need a reference peer, a peer that breaks rules, best-effort frames, crashes, hours, or more luck than 60 seeds have.</summary>
    private static readonly LinkBranch[] TestedElsewhere =
    [
        LinkBranch.IdentifiedReference, LinkBranch.ReferenceInterestRecalled, LinkBranch.ReferenceInterestUnknown,
        LinkBranch.EventIngested, LinkBranch.IngestRetried, LinkBranch.EventDropped,
        LinkBranch.HandshakeRefused, LinkBranch.RefusedByPeer, LinkBranch.WrongFirstFrame, LinkBranch.SecondHandshake, LinkBranch.FrameIgnored,
        LinkBranch.FrameNotNegotiated, LinkBranch.InterestConfirmedOld, LinkBranch.InterestSkipped, LinkBranch.TooMuchInterest,
        LinkBranch.ForeignOrigin, LinkBranch.CreditViolated, LinkBranch.ControlLaneOverrun, LinkBranch.PeerAhead,
        LinkBranch.EventsRefusedOnArrival, LinkBranch.RefusedBatchSplit, LinkBranch.EventsRefused, LinkBranch.GapRefused, LinkBranch.TopicRefused,
        LinkBranch.BestEffortWaits, LinkBranch.BestEffortDroppedOldest, LinkBranch.BestEffortDroppedNewest,
        LinkBranch.OriginRewound, LinkBranch.PeerSilent, LinkBranch.Stalled, LinkBranch.StreamEnded,
        LinkBranch.ResumeUntracked, LinkBranch.PauseUnwanted, LinkBranch.AckUntracked, LinkBranch.DrainTimedOut,
        LinkBranch.ResumeTime, LinkBranch.ResumeAlreadySent, LinkBranch.AwaitForgotten, LinkBranch.LocalInterestOld,
    ];

    [Fact]
    public void PL004_TwoNodes_WhateverTheOrderOfThings_LoseNothingAndDoubleNothing()
    {
        var probe = new CountingProbe();
        for (var seed = 1; seed <= 60; seed++)
        {
            var simulation = new PairSimulation(seed, probe);
            try
            {
                simulation.Run(2_000);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}, step {simulation.Steps}: {failure.Message}", failure);
            }
        }

        var untaken = Enum.GetValues<LinkBranch>().Except(TestedElsewhere).Where(branch => probe[branch] == 0);
        Assert.True(!untaken.Any(), $"Never taken: {string.Join(", ", untaken)}");
    }
}
