using System.Globalization;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>How often a node is killed, and when: the same moments for the same seed, as far as processes can repeat themselves.</summary>
internal static class KillPlan
{
    private const int MinReceipts = 50;
    private const int MaxReceipts = 2_500;

    /// <summary>Rounds of every test that kills; the soak asks for more.</summary>
    public static int Rounds => Read("EVENTMESH_KILL_ROUNDS", 5);

    /// <summary>The first seed.</summary>
    public static int Seed => Read("EVENTMESH_KILL_SEED", 1);

    /// <summary>The moments of death, each as the number of receipts that the node's life brings.</summary>
    public static IReadOnlyList<int> Moments(Random random) => [.. Enumerable.Range(0, Rounds).Select(_ => random.Next(MinReceipts, MaxReceipts))];

    private static int Read(string variable, int fallback) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;
}
