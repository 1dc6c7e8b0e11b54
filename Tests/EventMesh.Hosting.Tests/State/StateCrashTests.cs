using EventMesh.Grains.State;
using EventMesh.TestKit.Storage;

namespace EventMesh.Hosting.Tests.State;

/// <summary>
/// Seeded histories of changes and compactions that lose their store: in memory at every flush, on files at calls of the device all the way.
/// </summary>
public sealed class StateCrashTests
{
    private const int Steps = 24;

    /// <summary>A run for every call would take half a minute; seeds begin at different ones.</summary>
    private const int Stride = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task LosingTheMemoryStoreAtAnyFlush_LosesNothingAcknowledged(int seed)
    {
        var compacted = 0L;
        for (var crashAt = 0; crashAt < Steps; crashAt++)
        {
            foreach (var moment in Enum.GetValues<Moment>())
            {
                var harness = Create();
                var name = $"Seed {seed}, crash at {crashAt} ({moment})";
                var history = new StateHistory(harness, name, new Random((seed * 7919) + (crashAt * 31) + (int)moment));
                await RunAsync(harness, history, crashAt, moment);
                compacted += harness.Bounds.Start.Value;
            }
        }

        Assert.True(compacted > 0, "No history has compacted.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task LosingThePowerOfTheDevice_LosesNothingAcknowledged(int seed)
    {
        var compacted = 0L;
        var end = long.MaxValue;
        for (long crashAt = seed; crashAt < end; crashAt += Stride)
        {
            var harness = Create(flushes => new FileStateStore(flushes, seed));
            var files = (FileStateStore)harness.Store;
            var history = new StateHistory(harness, $"Seed {seed}, power lost at call {crashAt}", new Random(seed));
            var at = crashAt + files.Directory.Operations;
            files.Directory.Plan = operation => operation.Number >= at && operation.Action != DeviceAction.Read ? DeviceFault.PowerFailure : DeviceFault.None;

            var calls = await RunAsync(harness, history, files);
            end = Math.Min(end, calls);
            compacted += harness.Bounds.Start.Value;
            await harness.Log.DisposeAsync();
        }

        Assert.True(compacted > 0, "No history has compacted.");
    }

    /// <summary>When, at the flush that crashes, the power goes.</summary>
    private enum Moment
    {
        BeforeTheFlush,
        RightAfterTheFlush,
        OnceAllHasGoneOn,
    }

    private static StateHarness Create(Func<StepScheduler, IStateStore>? open = null)
    {
        var harness = new StateHarness(open);
        StateHistory.Prepare(harness.Options);
        return harness;
    }

    private static async Task RunAsync(StateHarness harness, StateHistory history, int crashAt, Moment moment)
    {
        var state = await harness.OpenAsync();
        for (var step = 0; step <= Steps; step++)
        {
            var working = history.Work(state);
            if (step == crashAt)
            {
                await CrashAsync(harness, history, working, moment);
                state = await history.ReopenAsync();
            }
            else
            {
                await harness.FlushedAsync(working);
                await history.AcknowledgeAsync();
            }
        }

        await state.DisposeAsync();
        await history.ReopenAsync();
    }

    private static async Task CrashAsync(StateHarness harness, StateHistory history, Task working, Moment moment)
    {
        await Task.WhenAny(working, harness.Flushes.Waiting);
        history.Tell($"crash {moment}");
        if (moment != Moment.BeforeTheFlush)
        {
            harness.Flushes.Flush();
        }

        if (moment == Moment.OnceAllHasGoneOn)
        {
            await Task.WhenAny(working, harness.Flushes.Waiting);
        }

        await harness.Store.PowerFailAsync();
        await working.ContinueWith(static _ => { }, TaskScheduler.Default);
        await history.AcknowledgeAsync();
    }

    /// <summary>Works until the power is gone, checks what the next start finds, and goes on from there. Returns the calls of a life that kept its power.</summary>
    private static async Task<long> RunAsync(StateHarness harness, StateHistory history, FileStateStore files)
    {
        var before = files.Directory.Operations;
        var calls = long.MaxValue;
        var state = await OpenAsync(harness, history, files);
        for (var step = 0; step < Steps; step++)
        {
            await harness.FlushedAsync(Task.WhenAny(history.Work(state)));
            await history.AcknowledgeAsync();
            if (files.Directory.IsDead)
            {
                history.Tell("power lost");
                await files.PowerFailAsync();
                state = await history.ReopenAsync();
            }
            else if (step == Steps - 1 && files.Directory.Plan is not null)
            {
                calls = files.Directory.Operations - before;
            }
        }

        await state.DisposeAsync();
        await history.ReopenAsync();
        return calls;
    }

    /// <summary>The power can be lost while the state is opened, too.</summary>
    private static async Task<StateLog> OpenAsync(StateHarness harness, StateHistory history, FileStateStore files)
    {
        try
        {
            return await harness.OpenAsync();
        }
        catch (Core.Errors.EventMeshException) when (files.Directory.IsDead)
        {
            await files.PowerFailAsync();
            return await history.ReopenAsync();
        }
    }
}
