using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;
using static EventMesh.Storage.Tests.Files.Tools.ToolHarness;

namespace EventMesh.Storage.Tests.Files.Tools;

public sealed class StoreBackupTests
{
    /// <summary>Power fails when the backup is put in its place: whatever is in it must be durable by then.</summary>
    [Fact]
    public async Task Run_WhateverTheNodeHasDone_OpensAsTheStoreThatItWas()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            await using var harness = new ToolHarness(seed);
            await new ToolWorkload(harness, seed).RunAsync(30 + seed * 3);
            var place = new MemoryBackupPlace(seed);

            var report = Backup(harness.Directory, place);

            Assert.True(report.IsSound, $"seed {seed}: {string.Join(Environment.NewLine, report.Findings)}");
            AssertSound(place.Made!, $"seed {seed}");
            Assert.Equal((await LogDump.OfAsync(harness.Store.Log)).Lines(), (await LogDump.OfAsync(place.Made!)).Lines());
            Assert.Equal((report.Bytes, 0), (report.CopiedBytes, report.ReusedSegments));
        }
    }

    /// <summary>The node writes, trims, seals, rewrites, gives back and restarts between any two files that are opened.</summary>
    [Fact]
    public async Task Run_WhileTheNodeGoesOn_IsAStoreThatTheNodeCouldHaveLeft()
    {
        var moved = 0;
        for (var seed = 1; seed <= 80; seed++)
        {
            await using var harness = new ToolHarness(seed);
            var workload = new ToolWorkload(harness, seed, canKill: false);
            await workload.RunAsync(120);
            var before = await LogDump.OfAsync(harness.Store.Log);
            var random = new Random(seed);
            var directory = new WatchedDirectory(harness.Directory, _ => workload.RunAsync(random.Next(6)).GetAwaiter().GetResult());
            var place = new MemoryBackupPlace(seed);
            var listed = harness.Segments();

            StoreBackup.Run(directory, place, new ManualTimeProvider(), null, CancellationToken.None);

            moved += listed.Except(harness.Segments()).Any() ? 1 : 0;
            AssertSound(place.Made!, $"seed {seed}");
            var made = await LogDump.OfAsync(place.Made!);
            Assert.All(before.Keys.Except(made.Keys), topic => Assert.True(IsDeleted(place.Made!, topic), $"seed {seed}: {topic}"));
            AssertBetween(before, made, await LogDump.OfAsync(harness.Store.Log), $"seed {seed}");
        }

        Assert.True(moved > 20, $"In {moved} runs the node gave a segment back meanwhile.");
    }

    [Fact]
    public async Task Run_WhenTheLastBackupIsThere_CopiesOnlyWhatIsNew()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 5);
        var first = new MemoryBackupPlace(1);
        var whole = Backup(harness.Directory, first);
        await harness.AppendAsync(Orders, "new");
        var second = new MemoryBackupPlace(2, first.Made);

        var report = Backup(harness.Directory, second);

        Assert.Equal((6, 5), (report.Segments, report.ReusedSegments));
        Assert.True(report.CopiedBytes < whole.CopiedBytes / 4, $"{report.CopiedBytes} of {whole.CopiedBytes}");
        Assert.True(report.Bytes >= whole.Bytes);
        Assert.Equal((await LogDump.OfAsync(harness.Store.Log)).Lines(), (await LogDump.OfAsync(second.Made!)).Lines());
    }

    [Fact]
    public async Task Run_WhenTheFileSystemCannotLink_CopiesAll()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 2);
        var first = new MemoryBackupPlace(1);
        Backup(harness.Directory, first);
        var second = new MemoryBackupPlace(2, first.Made, canLink: false);

        var report = Backup(harness.Directory, second);

        Assert.Equal((0, report.Bytes), (report.ReusedSegments, report.CopiedBytes));
    }

    /// <summary>A restored node gives a segment number again: the segment of that number in an older backup is another one.</summary>
    [Fact]
    public async Task Run_WhenTheLastBackupHasASegmentOfAnotherLife_DoesNotReuseIt()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        var early = new MemoryBackupPlace(1);
        Backup(harness.Directory, early);
        await harness.FillSegmentsAsync(Orders, 2);
        var late = new MemoryBackupPlace(2);
        Backup(harness.Directory, late);
        var target = Restore(early.Made!);
        await using var restored = new ToolHarness(5, directory: target);
        await restored.FillSegmentsAsync(Audit, 2);
        var next = new MemoryBackupPlace(3, late.Made);

        var report = Backup(restored.Directory, next);

        Assert.Equal(0, report.ReusedSegments);
        Assert.Equal((await LogDump.OfAsync(restored.Store.Log)).Lines(), (await LogDump.OfAsync(next.Made!)).Lines());
    }

    /// <summary>Between the write of a group and its flush: what the backup takes must not be what the node loses.</summary>
    [Fact]
    public async Task Run_BetweenWriteAndFlush_HoldsNothingThatPowerFailureTakesFromTheNode()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            await using var harness = new ToolHarness(seed);
            await harness.AppendAsync(Orders, "a", "b");
            MemoryBackupPlace? place = null;
            harness.Directory.Plan = operation =>
            {
                if (place is not null || operation.Action != DeviceAction.Flush || !operation.File.StartsWith("spare-", StringComparison.Ordinal))
                {
                    return DeviceFault.None;
                }

                place = new MemoryBackupPlace(seed);
                Backup(harness.Directory, place);
                return DeviceFault.PowerFailure;
            };

            await Assert.ThrowsAsync<EventMeshException>(() => harness.AppendAsync(Orders, "c"));

            var backup = await LogDump.OfAsync(place!.Made!);
            var node = await LogDump.OfAsync(harness.Directory.Crash(seed));
            Assert.Equal((3, 3), (backup[Orders.Value].End, node[Orders.Value].End));
        }
    }

    [Fact]
    public async Task Run_WhenTheLastGroupIsNotWhole_LeavesItOut()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a", "b", "c");
        var end = StoreSurvey.Take(harness.Directory, new InspectOptions(), null, CancellationToken.None).Segments[0].UsedBytes;
        harness.Directory.Flip(harness.Segments()[0], end - GroupHeader.Alignment, 0);
        var place = new MemoryBackupPlace(1);

        var report = Backup(harness.Directory, place);

        Assert.Equal((true, 2, StoreFindingKind.Note), (report.IsSound, report.LastGroup, Assert.Single(report.Findings).Kind));
        Assert.Equal(2, (await LogDump.OfAsync(place.Made!))[Orders.Value].End);
    }

    [Fact]
    public async Task Run_WhenTheStoreIsDamaged_CopiesItAsItIsAndSaysSo()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 2);
        harness.Directory.Flip(harness.Segments()[0], 6000, 0);
        harness.Directory.Flip(harness.Segments()[1], 20, 0);
        var place = new MemoryBackupPlace(1);

        var report = Backup(harness.Directory, place);

        Assert.Equal((false, 2), (report.IsSound, report.DamageCount));
        foreach (var name in harness.Segments().Take(2))
        {
            Assert.Equal(harness.Directory.Contents(name), place.Made!.Contents(name));
        }
    }

    [Fact]
    public async Task Run_WhenSomethingElseIsAtTheTarget_LeavesItAlone()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        await using var other = new ToolHarness(2);
        await other.AppendAsync(Orders, "a");
        var foreign = new MemoryBackupPlace(1);
        Backup(other.Directory, foreign);
        var opened = new MemoryBackupPlace(2);
        Backup(harness.Directory, opened);
        await LogDump.OfAsync(opened.Made!);

        foreach (var present in new[] { foreign.Made!, opened.Made!, other.Directory })
        {
            var place = new MemoryBackupPlace(3, present);
            Assert.Equal(MeshErrorCode.TargetOccupied, Assert.Throws<EventMeshException>(() => Backup(harness.Directory, place)).Code);
            Assert.Null(place.Made);
        }
    }

    [Fact]
    public async Task Run_WhenTheTargetsDiskFails_PutsNothingInItsPlace()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 1);
        var whole = new MemoryBackupPlace(1);
        Backup(harness.Directory, whole);

        for (var fails = 1L; fails <= whole.Unfinished.Operations; fails++)
        {
            foreach (var fault in new[] { DeviceFault.Error, DeviceFault.DiskFull })
            {
                var place = new MemoryBackupPlace(1);
                place.Unfinished.Plan = operation => operation.Number == fails ? fault : DeviceFault.None;
                Assert.ThrowsAny<IOException>(() => Backup(harness.Directory, place));
                Assert.Null(place.Made);
            }
        }
    }

    [Fact]
    public async Task Run_WhenThereIsNoStoreOrItIsCancelled_SaysSo()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        var place = new MemoryBackupPlace(1);

        Assert.Equal(MeshErrorCode.StoreMissing, Assert.Throws<EventMeshException>(() => Backup(new FaultyDirectory(1), place)).Code);
        Assert.Throws<OperationCanceledException>(
            () => StoreBackup.Run(harness.Directory, place, new ManualTimeProvider(), null, new CancellationToken(canceled: true)));
        Assert.Null(place.Made);
    }

    internal static BackupReport Backup(IStoreDirectory directory, IBackupPlace place) =>
        StoreBackup.Run(directory, place, new ManualTimeProvider(), null, CancellationToken.None);

    internal static FaultyDirectory Restore(FaultyDirectory backup)
    {
        var target = new FaultyDirectory(1);
        Assert.True(StoreRestore.Run(backup, target, new RestoreOptions(), new ManualTimeProvider(), null, CancellationToken.None).IsDone);
        return target;
    }

    private static bool IsDeleted(FaultyDirectory directory, string topic) =>
        StoreSurvey.Take(directory, new InspectOptions { WantsTopics = true }, null, CancellationToken.None).Topics.Single(found => found.Topic.Value == topic).DeletedAt is not null;

    private static void AssertSound(FaultyDirectory directory, string when)
    {
        var report = StoreVerification.Run(directory, null, CancellationToken.None);
        Assert.True(report.IsSound && report.KnownCount == 0, $"{when}: {string.Join(Environment.NewLine, report.Findings)}");
    }

    /// <summary>The backup holds what the node held before, as far as it has not been trimmed by then, and nothing that the node does not hold later, as far as it has not been trimmed since.</summary>
    private static void AssertBetween(
        IReadOnlyDictionary<string, TopicDump> before, IReadOnlyDictionary<string, TopicDump> made, IReadOnlyDictionary<string, TopicDump> after, string when)
    {
        foreach (var (topic, dump) in made)
        {
            // A deleted topic is not listed: what is missing on either side was deleted there.
            var (old, late) = (before.GetValueOrDefault(topic), after.GetValueOrDefault(topic));
            if (late is null)
            {
                continue;
            }

            Assert.True(dump.Start >= (old?.Start ?? 0) && dump.End >= (old?.End ?? 0) && dump.Start <= late.Start && dump.End <= late.End, $"{when}, {topic}: {old}, {dump}, {late}");
            foreach (var (offset, record) in old?.Records.Where(pair => pair.Key >= dump.Start) ?? [])
            {
                Assert.Equal((when, record), (when, dump.Records[offset]));
            }

            foreach (var (offset, record) in dump.Records.Where(pair => pair.Key >= late.Start))
            {
                Assert.Equal((when, late.Records[offset]), (when, record));
            }
        }
    }
}
