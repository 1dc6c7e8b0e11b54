using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>Whatever happens while heads are carried, segments dropped and rewritten: what the store holds is what it held.</summary>
public sealed class RetentionCrashTests
{
    [Fact]
    public async Task Clean_ChangesNothingThatTheStoreHolds_AndGivesRoomBack()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            await using var harness = await RetentionScript.BuildAsync(seed);
            var (expected, before) = (RetentionScript.Contents(harness), RetentionRuleTests.SegmentBytes(harness));

            harness.Clean();

            var rewritten = harness.Files.Store.Segments.All().Count(static segment => segment.Header.IsRewritten);
            Assert.True(rewritten > 0, $"Seed {seed}: no segment was rewritten.");
            Assert.InRange(RetentionRuleTests.SegmentBytes(harness), 1, before * 2 / 3);
            await harness.RestartAsync();
            Assert.Equal(expected, RetentionScript.Contents(harness));

            // The audit shares nothing with what rewrites but the codecs.
            Assert.Empty(StoreVerification.Run(harness.Directory, null, CancellationToken.None).Findings);
            harness.Clean();
            await harness.RestartAsync();
            Assert.Equal(expected, RetentionScript.Contents(harness));
        }
    }

    [Fact]
    public async Task Rewrite_WhenItsFooterIsLostLater_IsToldByItsGroupsAlone()
    {
        var lost = 0;
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var harness = await RetentionScript.BuildAsync(seed);
            harness.Clean();
            await harness.RestartAsync();
            var expected = RetentionScript.Contents(harness);
            foreach (var segment in harness.Files.Store.Segments.All().Where(static segment => segment.Header.IsRewritten))
            {
                harness.Directory.Flip(segment.Name, segment.File.Length - 1, 3);
                lost++;
            }

            await harness.KillAsync();

            Assert.Equal(expected, RetentionScript.Contents(harness));
            Assert.Equal(0, harness.Log.Health.DamagedRanges);
        }

        Assert.InRange(lost, 10, int.MaxValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Clean_WhenPowerFailsAtAnyWriteFlushOrRename_LeavesAllThatTheStoreHolds(int seed)
    {
        var closed = await CloseAsync(seed);
        for (var at = 1; await FailsAsync(closed, seed, at, DeviceFault.PowerFailure); at++)
        {
            Assert.InRange(at, 1, 2000);
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Clean_WhenAnyWriteFlushOrRenameFails_LeavesAllThatTheStoreHolds(int seed, bool isFull)
    {
        var closed = await CloseAsync(seed);
        for (var at = 1; await FailsAsync(closed, seed, at, isFull ? DeviceFault.DiskFull : DeviceFault.Error); at++)
        {
            Assert.InRange(at, 1, 2000);
        }
    }

    /// <summary>A store that was closed in order, everything in it flushed.</summary>
    private static async Task<FaultyDirectory> CloseAsync(int seed)
    {
        var harness = await RetentionScript.BuildAsync(seed);
        await harness.DisposeAsync();
        return harness.Directory;
    }

    /// <summary>Cleans a copy of the store that fails at call <paramref name="at"/>, then opens what is left; false when it was done before.</summary>
    private static async Task<bool> FailsAsync(FaultyDirectory closed, int seed, int at, DeviceFault fault)
    {
        await using var harness = new FileLogHarness(RetentionScript.Options, seed, closed.Crash(at));
        var expected = RetentionScript.Contents(harness);
        var (first, hasFailed) = (harness.Directory.Operations, false);
        harness.Directory.Plan = operation =>
        {
            var fails = operation.Number == first + at && operation.Action != DeviceAction.Read;
            hasFailed |= fails;
            return fails ? fault : DeviceFault.None;
        };
        try
        {
            harness.Clean();
        }
        catch (IOException) when (fault == DeviceFault.PowerFailure)
        {
            // The machine is off; who was at work has heard of it.
        }

        harness.Directory.Plan = null;
        await harness.PowerFailAsync();
        Assert.Equal((at, expected), (at, RetentionScript.Contents(harness)));
        Assert.Equal(0, harness.Log.Health.DamagedRanges);

        // And nothing that was left half done keeps the rest from being done.
        harness.Clean();
        await harness.RestartAsync();
        Assert.Equal((at, expected), (at, RetentionScript.Contents(harness)));
        Assert.Equal(0, harness.Log.Health.DamagedRanges);
        Assert.DoesNotContain(harness.Directory.List(), static file => file.Name.EndsWith(".new", StringComparison.Ordinal));
        return hasFailed;
    }
}
