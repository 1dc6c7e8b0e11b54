using System.Globalization;

namespace EventMesh.TestKit;

/// <summary>Randomness that can be had again: a failing test prints its seed, and an environment variable replays it.</summary>
public static class SeededRandom
{
    /// <summary>Names the seed to replay.</summary>
    public const string SeedVariable = "EVENTMESH_TEST_SEED";

    /// <summary>Runs <paramref name="body"/> with the seeds from <paramref name="first"/> on, or with the one in <see cref="SeedVariable"/> alone.</summary>
    public static void Run(int first, int count, Action<Random> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } text)
        {
            (first, count) = (int.Parse(text, CultureInfo.InvariantCulture), 1);
        }

        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                body(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed} failed; set {SeedVariable}={seed} to replay it. {e.Message}", e);
            }
        }
    }
}
