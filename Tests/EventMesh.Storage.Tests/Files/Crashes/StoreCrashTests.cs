using System.Collections.Concurrent;
using System.Globalization;
using EventMesh.Core.Errors;
using Xunit.Abstractions;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Power fails at the boundaries of seeded workloads, again and again; after each start the store must hold what it promised, and nothing else.</summary>
public sealed class StoreCrashTests(ITestOutputHelper output)
{
    private const string SeedsVariable = "EVENTMESH_CRASH_SEEDS";
    private const string FirstSeedVariable = "EVENTMESH_CRASH_FIRST_SEED";
    private const string BoundariesVariable = "EVENTMESH_CRASH_BOUNDARIES";
    private const string ShareVariable = "EVENTMESH_CRASH_SHARE";
    private const int Seeds = 48;
    private const int Share = 40;
    private const int FlipsPerSeed = 10;
    private const int VariantSeeds = 60;
    private const int VariantCrashes = 6;
    private const int CaughtIsEnough = 5;

    /// <summary>The soak runs this one with other seeds, and at every boundary.</summary>
    [Fact]
    [Trait("Kind", "Crashes")]
    public void Store_WhenPowerFailsAtItsBoundaries_KeepsEveryPromise()
    {
        var first = Setting(FirstSeedVariable, 1);
        var seeds = Setting(SeedsVariable, Seeds);
        var share = Setting(ShareVariable, Share);
        var report = new CrashReport();

        Parallel.ForEach(Enumerable.Range(first, seeds), seed => RunSeed(seed, share, report));

        output.WriteLine(report.ToString());
        Assert.True(report.Failures.IsEmpty, report.FailureText);
    }

    /// <summary>The soak runs this one, too, with other seeds.</summary>
    [Fact]
    [Trait("Kind", "Crashes")]
    public void Store_WhenItsBitsTurnAtRest_ServesNothingWrongAndNamesWhatIsMissing()
    {
        var report = new CrashReport();

        Parallel.ForEach(Enumerable.Range(Setting(FirstSeedVariable, 1), FlipsPerSeed * Setting(SeedsVariable, Seeds)), seed => report.AddDamage(seed));

        output.WriteLine(report.ToString());
        Assert.True(report.Failures.IsEmpty, report.FailureText);
        Assert.NotEqual(0, report.Missing);
    }

    /// <summary>Runs that failed once, each for another reason.</summary>
    [Theory]
    [InlineData("the gap of an origin that began again was flushed without the events behind it", 3, "26")]
    [InlineData("a segment that was given up was reported as lost, with records that a later one has", 36, "")]
    [InlineData("a batch that was kept in parts was not known when its producer repeated it", 60, "60,63,116")]
    [InlineData("the position before the start was that of an older segment, where a newer one was given up first", 125, "")]
    [InlineData("a topic with something in two groups went idle between their take-backs, which ended the writing thread", 5000026, "111,127,158")]
    public void Store_WhenPowerFailsWhereItOnceFailed_KeepsEveryPromise(string reason, int seed, string crashes)
    {
        var run = new CrashRun(seed, Boundaries(crashes));

        var failure = Record.Exception(run.Run);

        Assert.True(failure is null, $"It fails again ({reason}): {run}: {failure}");
    }

    [Theory]
    [MemberData(nameof(WrongBuildNames))]
    public void Checks_WhenAStoreIsBuiltWrong_SaySo(string name)
    {
        var caught = new ConcurrentDictionary<int, string>();

        Parallel.ForEach(Enumerable.Range(1, VariantSeeds), (seed, loop) =>
        {
            if (Caught(seed, WrongBuilds.All[name]) is { } message)
            {
                caught[seed] = message;
                if (caught.Count >= CaughtIsEnough)
                {
                    loop.Stop();
                }
            }
        });

        foreach (var (seed, message) in caught.OrderBy(static pair => pair.Key).Take(3))
        {
            output.WriteLine($"{name}, seed {seed}: {message}");
        }

        Assert.NotEmpty(caught);
    }

    public static TheoryData<string> WrongBuildNames() => [.. WrongBuilds.All.Keys];

    /// <summary>What a seed's run of a wrong store is caught with, power failing nowhere, then where the store is weak; null if it is not.</summary>
    private static string? Caught(int seed, StoreBuild build)
    {
        var run = new CrashRun(seed, [], build);
        var message = Violation(run);
        for (var i = 1; i <= VariantCrashes && message is null && run.WeakPoints.Count > 0; i++)
        {
            message = Violation(new CrashRun(seed, [run.WeakPoints[(i * 7 + seed) % run.WeakPoints.Count]], build));
        }

        return message;
    }

    private static string? Violation(CrashRun run) => Record.Exception(run.Run) switch
    {
        null => null,
        var e when e is CrashViolation or EventMeshException => e.Message,
        var e => throw e,
    };

    private static void RunSeed(int seed, int share, CrashReport report)
    {
        if (Environment.GetEnvironmentVariable(BoundariesVariable) is { Length: > 0 } only)
        {
            report.Add(seed, Boundaries(only));
            return;
        }

        var operations = report.Add(seed, []);
        var random = new Random(seed);
        foreach (var boundary in Enumerable.Range(1, (int)operations).Where(boundary => share <= 1 || boundary % share == seed % share))
        {
            // Every third time power fails again soon: while the store is being opened, or right after.
            report.Add(seed, boundary % 3 == 0 ? [boundary, boundary + random.Next(1, 40), boundary + random.Next(40, 80)] : [boundary]);
        }
    }

    private static long[] Boundaries(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static number => long.Parse(number, CultureInfo.InvariantCulture))];

    private static int Setting(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}

/// <summary>What all runs together have shown.</summary>
internal sealed class CrashReport
{
    private readonly Lock _gate = new();
    private readonly long[] _receipts = new long[3];
    private long _runs;
    private long _operations;
    private long _lives;
    private long _crashes;
    private long _shown;
    private long _missing;

    public ConcurrentDictionary<string, string> Failures { get; } = new();

    public string FailureText => $"{Failures.Count} runs failed.\n" + string.Join('\n', Failures.OrderBy(static pair => pair.Key.Length).Take(45).Select(static (pair, i) => i == 0 ? pair.Value : pair.Value.Split('\n')[0]));

    /// <summary>Records that were missing after bits had turned.</summary>
    public long Missing => _missing;

    /// <summary>Runs once, and turns bits at the end.</summary>
    public void AddDamage(int seed)
    {
        var run = new CrashRun(seed, []);
        Run($"seed {seed}, bits turned", run, () => run.RunIntoDamage(flips: 1 + seed % 3));
        Interlocked.Add(ref _missing, run.Damage?.Missing ?? 0);
    }

    /// <summary>Runs once; how many calls the store made to its device.</summary>
    public long Add(int seed, IReadOnlyCollection<long> crashes)
    {
        var run = new CrashRun(seed, crashes);
        Run($"seed {seed}, crashes at {string.Join(",", crashes)}", run, run.Run);
        return run.Operations;
    }

    private void Run(string name, CrashRun run, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            // Whatever it is, the seed has to be told with it.
            Failures[name] = $"{name}: {run}: {e.Message}\n{e}";
        }

        lock (_gate)
        {
            _runs++;
            _operations += run.Operations;
            _lives += run.Lives;
            _crashes += run.Crashes;
            _shown += run.Ledger.Shown;
            for (var i = 0; i < _receipts.Length; i++)
            {
                _receipts[i] += run.Ledger.Receipts[i];
            }
        }
    }

    public override string ToString() =>
        $"{_runs} runs, {_operations} device operations, {_lives} openings, {_crashes} power failures, {_shown} records shown, "
        + $"receipts checked: {_receipts[0]} memory, {_receipts[1]} os, {_receipts[2]} disk; {_missing} records lost to turned bits; {Failures.Count} failures.";
}
