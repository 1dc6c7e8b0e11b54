using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;
using static EventMesh.Storage.Tests.Files.Tools.ToolHarness;

namespace EventMesh.Storage.Tests.Files.Tools;

public sealed class StoreRestoreTests
{
    [Fact]
    public async Task Run_WhenTheBackupIsSound_MakesTheSameStoreWithAGreaterIncarnation()
    {
        var (backup, before) = await MakeBackupAsync();
        var time = new ManualTimeProvider();
        time.Advance(TimeSpan.FromDays(3));
        var target = new FaultyDirectory(2);

        var report = Run(backup, target, time: time);

        var state = StateOf(target);
        Assert.Equal((true, 0), (report.IsDone, report.DamageCount));
        Assert.Equal((report.Incarnation, true), (state.Incarnation, state.IsClosed));
        Assert.Equal(time.GetUtcNow() + StoreRestore.ClockTolerance, DateTimeOffset.FromUnixTimeMilliseconds(state.Incarnation.Value));
        Assert.Equal(StateOf(backup).Store, state.Store);
        Assert.DoesNotContain(target.List(), static file => file.Name is BackupMark.FileName or StoreRestore.MarkName);
        Assert.Equal(before.Lines(), (await LogDump.OfAsync(target)).Lines());
    }

    [Fact]
    public async Task Run_WhenAnIncarnationIsKnownOfThatLiesInTheFuture_GoesBeyondIt()
    {
        var (backup, _) = await MakeBackupAsync();
        var target = new FaultyDirectory(2);
        var above = new Incarnation(long.MaxValue / 4);

        Run(backup, target, new RestoreOptions { Above = above });

        await using var node = new ToolHarness(directory: target);
        Assert.True(node.Store.Log.Identity.Incarnation > above);
    }

    [Fact]
    public async Task Run_WhenTheDirectoryHoldsAnything_Refuses()
    {
        var (backup, _) = await MakeBackupAsync();
        var target = new FaultyDirectory(2);
        target.Create("something", 0).Dispose();

        Assert.Equal(MeshErrorCode.TargetOccupied, Assert.Throws<EventMeshException>(() => Run(backup, target)).Code);
        Assert.Equal("something", Assert.Single(target.List()).Name);
    }

    [Fact]
    public async Task Run_WhenTheSourceIsAStoreThatIsOpen_Refuses()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        var target = new FaultyDirectory(2);

        Assert.Equal(MeshErrorCode.InvalidArgument, Assert.Throws<EventMeshException>(() => Run(harness.Directory, target)).Code);
        Assert.Empty(target.List());
        await harness.Store.DisposeAsync();
        Assert.True(Run(harness.Directory, target).IsDone);
    }

    [Fact]
    public async Task Run_WhenTheBackupIsDamaged_LeavesNothingUnlessThatIsAccepted()
    {
        var (backup, before) = await MakeBackupAsync();
        backup.Flip("00000000000000000001.segment", 9000, 3);
        var target = new FaultyDirectory(2);

        var refused = Run(backup, target);
        Assert.Empty(target.List());
        var accepted = Run(backup, target, new RestoreOptions { AcceptsDamage = true });

        Assert.Equal((false, true), (refused.IsDone, accepted.IsDone));
        Assert.True(refused.DamageCount > 0);
        Assert.Equal(refused.Findings, accepted.Findings);
        await using var node = new ToolHarness(directory: target);
        Assert.Equal(before[Audit.Value].ToString(), (await LogDump.OfAsync(node.Store.Log))[Audit.Value].ToString());
    }

    /// <summary>Whenever it is cut short, no node takes what is there for the store, and it can be repeated.</summary>
    [Fact]
    public async Task Run_WhenPowerFailsAtAnyMoment_IsDoneAsAWholeOrCanBeRepeated()
    {
        var (backup, before) = await MakeBackupAsync();
        var whole = new FaultyDirectory(1);
        Run(backup, whole);
        var done = 0;

        for (var fails = 1L; fails <= whole.Operations; fails++)
        {
            var target = new FaultyDirectory(1) { Plan = operation => operation.Number == fails ? DeviceFault.PowerFailure : DeviceFault.None };
            Assert.ThrowsAny<IOException>(() => Run(backup, target));
            var after = target.Crash((int)fails);
            if (StoreFileIsThere(after))
            {
                done++;
            }
            else
            {
                Assert.True(Run(backup, after).IsDone);
            }

            Assert.Equal(before.Lines(), (await LogDump.OfAsync(after)).Lines());
        }

        Assert.InRange(done, 1, whole.Operations / 2);
    }

    private static async Task<(FaultyDirectory Backup, IReadOnlyDictionary<string, TopicDump> Before)> MakeBackupAsync()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Audit, "x");
        await harness.ReplicateAsync(Orders, 7, Position.None, "far", "farther");
        await harness.FillSegmentsAsync(Orders, 2);
        var place = new MemoryBackupPlace(1);
        StoreBackupTests.Backup(harness.Directory, place);
        return (place.Made!, await LogDump.OfAsync(harness.Store.Log));
    }

    private static RestoreReport Run(FaultyDirectory backup, FaultyDirectory target, RestoreOptions? options = null, TimeProvider? time = null) =>
        StoreRestore.Run(backup, target, options ?? new RestoreOptions(), time ?? new ManualTimeProvider(), null, CancellationToken.None);

    private static EventMesh.Storage.Files.Format.StoreState StateOf(FaultyDirectory directory)
    {
        using var file = StoreFile.Open(directory, writable: false)!;
        return file.State;
    }

    private static bool StoreFileIsThere(FaultyDirectory directory) => directory.List().Any(static file => file.Name == StoreFile.Name);
}
