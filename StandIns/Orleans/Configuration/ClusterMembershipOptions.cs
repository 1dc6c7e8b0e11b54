// How silos watch each other.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Configuration;

/// <summary>Differs: a stand-in cluster sees the end of a silo at once, so these values change nothing but what they report.</summary>
public class ClusterMembershipOptions
{
    public int NumMissedProbesLimit { get; set; } = 3;

    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    public TimeSpan TableRefreshTimeout { get; set; } = TimeSpan.FromSeconds(60);

    public int NumProbedSilos { get; set; } = 10;

    public int NumVotesForDeathDeclaration { get; set; } = 2;

    public bool UseLivenessGossip { get; set; } = true;
}
