using System.Collections.Concurrent;
using System.Globalization;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.Nodes;
using Xunit.Abstractions;

namespace EventMesh.Simulation.Tests;

/// <summary>Whole meshes in virtual time: real sessions, supervisors, stores and routing; simulated network, clocks, flushes and power.</summary>
public sealed class MeshSimulationTests(ITestOutputHelper output)
{
    private const string SeedsVariable = "EVENTMESH_SIM_SEEDS";
    private const string FirstSeedVariable = "EVENTMESH_SIM_FIRST_SEED";
    private const int FirstSeed = 1;
    private const int FixedSeeds = 200;
    private const int VariantSeeds = 40;
    private const int CaughtIsEnough = 5;

    /// <summary>The soak runs this one with other seeds, and more of them.</summary>
    [Fact]
    [Trait("Kind", "Seeds")]
    public void Mesh_UnderFaults_LosesNothingDoublesNothingAndNamesEveryGap()
    {
        var first = Setting(FirstSeedVariable, FirstSeed);
        var count = Setting(SeedsVariable, FixedSeeds);
        var report = new SimReport();

        Parallel.ForEach(Enumerable.Range(first, count), seed => report.Add(seed, RunOne(seed, report.Branches)));

        output.WriteLine(report.ToString());
        Assert.True(report.Failures.IsEmpty, report.FailureText);

        // The rarest branches are taken in one run of some thirty: the fixed seeds hold them, a stretch of other seeds need not.
        if (first == FirstSeed && count >= FixedSeeds)
        {
            report.AssertEverythingWasTaken();
        }
    }

    /// <summary>An odd seed keeps its events on disks, an even one in memory.</summary>
    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public void Mesh_WithTheSameSeed_LivesTheSameLife(int seed)
    {
        var lives = Enumerable.Range(0, 2).Select(_ =>
        {
            var mesh = new SimMesh(seed, SimVariant.Sound, isTracing: true, checksFrames: true, new BranchTally());
            mesh.Run();
            return (mesh.Steps, mesh.Faults.Total, mesh.Oracle.Count, mesh.TraceTail);
        }).ToList();

        Assert.Equal(lives[0], lives[1]);
    }

    [Theory]
    [InlineData(nameof(SimVariant.DuplicateByHighestSeen))]
    [InlineData(nameof(SimVariant.AckBeforeAppend))]
    [InlineData(nameof(SimVariant.SendBeforeFlush))]
    [InlineData(nameof(SimVariant.NoContiguityCheck))]
    public void Checkers_WhenANodeIsBuiltWrong_SaySoFromTheLogsAlone(string name)
    {
        var variant = Enum.Parse<SimVariant>(name);
        var caught = new ConcurrentDictionary<int, string>();
        var runs = 0;

        Parallel.ForEach(Enumerable.Range(1, VariantSeeds), (seed, loop) =>
        {
            Interlocked.Increment(ref runs);
            try
            {
                new SimMesh(seed, variant, isTracing: false, checksFrames: false, new BranchTally()).Run();
            }
            catch (SimViolation violation)
            {
                caught[seed] = violation.Message;
                if (caught.Count >= CaughtIsEnough)
                {
                    loop.Stop();
                }
            }
        });

        output.WriteLine($"{variant}: caught in {caught.Count} of {runs} seeds.");
        foreach (var (seed, message) in caught.OrderBy(pair => pair.Key).Take(3))
        {
            output.WriteLine($"  seed {seed}: {message}");
        }

        Assert.NotEmpty(caught);
    }

    /// <summary>Runs one seed; a failing one runs again with a trace, of which the end is told.</summary>
    private static (SimMesh Mesh, string? Failure) RunOne(int seed, BranchTally branches)
    {
        var mesh = new SimMesh(seed, SimVariant.Sound, isTracing: false, checksFrames: true, branches);
        try
        {
            mesh.Run();
            return (mesh, null);
        }
        catch (Exception e)
        {
            // Whatever it is, the seed has to be told with it.
            var traced = new SimMesh(seed, SimVariant.Sound, isTracing: true, checksFrames: true, new BranchTally());
            var again = Record.Exception(traced.Run);
            return (mesh, $"Seed {seed} failed at step {mesh.Steps}; replay it with {FirstSeedVariable}={seed} {SeedsVariable}=1.\n{e}\n"
                + (again is null ? "It passed when it ran again: the run depends on more than its seed.\n" : $"The end of its trace:\n{traced.TraceTail}"));
        }
    }

    private static int Setting(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}

/// <summary>What all seeds together have shown.</summary>
internal sealed class SimReport
{
    private readonly Lock _gate = new();
    private readonly long[] _faults = new long[Enum.GetValues<SimFault>().Length];
    private long _steps;
    private long _events;
    private long _receipts;
    private int _seeds;

    public BranchTally Branches { get; } = new();

    public ConcurrentDictionary<int, string> Failures { get; } = new();

    /// <summary>The first failure in full, of the others their first two lines.</summary>
    public string FailureText => string.Join('\n', Failures.OrderBy(pair => pair.Key)
        .Select(static (pair, i) => i == 0 ? pair.Value : string.Join('\n', pair.Value.Split('\n').Take(2))));

    public void Add(int seed, (SimMesh Mesh, string? Failure) run)
    {
        lock (_gate)
        {
            _seeds++;
            _steps += run.Mesh.Steps;
            _events += run.Mesh.Oracle.Count;
            _receipts += run.Mesh.Oracle.Receipts;
            foreach (var fault in Enum.GetValues<SimFault>())
            {
                _faults[(int)fault] += run.Mesh.Faults[fault];
            }
        }

        if (run.Failure is not null)
        {
            Failures[seed] = run.Failure;
        }
    }

    public void AssertEverythingWasTaken()
    {
        var branches = Enum.GetValues<LinkBranch>().Where(branch => Branches[branch] == 0 && !BranchTally.Elsewhere.Contains(branch)).ToList();
        var faults = Enum.GetValues<SimFault>().Where(fault => _faults[(int)fault] == 0).ToList();
        Assert.True(branches.Count == 0, $"Branches that no seed has taken: {string.Join(", ", branches)}.");
        Assert.True(faults.Count == 0, $"Faults that no seed has taken: {string.Join(", ", faults)}.");
    }

    public override string ToString() =>
        $"{_seeds} seeds, {_steps} steps, {_events} events flushed, {_receipts} receipts checked, {_faults.Sum()} faults, {Failures.Count} failures.\n"
        + "Faults: " + string.Join(", ", Enum.GetValues<SimFault>().Select(fault => $"{fault} {_faults[(int)fault]}")) + "\n"
        + "Branches: " + string.Join(", ", Enum.GetValues<LinkBranch>().Where(branch => Branches[branch] > 0).Select(branch => $"{branch} {Branches[branch]}"));
}
