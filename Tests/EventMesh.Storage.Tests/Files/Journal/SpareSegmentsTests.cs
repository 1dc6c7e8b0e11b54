using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Storage.Tests.Files.Journal;

public sealed class SpareSegmentsTests : IDisposable
{
    private const int SegmentBytes = 64 * 1024;
    private readonly FileStorageOptions _options = new() { SegmentBytes = SegmentBytes, SpareSegments = 2 };
    private readonly ManualFlushScheduler _background = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<SpareSegments> _opened = [];

    public void Dispose() => _opened.ForEach(spares => spares.Dispose());

    [Fact]
    public void Open_OfANewStore_HasOneAtOnce_AndTheRestInTheBackground()
    {
        var disk = new FaultyDirectory(1);

        var spares = Open(disk);
        Assert.Equal(1, spares.Ready);
        RunBackground();

        Assert.Equal(2, spares.Ready);
        Assert.Equal(2L * SegmentBytes, spares.AllocatedBytes);
        Assert.Equal(["spare-1.segment", "spare-2.segment"], Names(disk));
        Assert.Null(spares.Blocked);
    }

    [Fact]
    public void Open_FindsTheSparesOfTheLastLife_AndRemovesWhatCannotBeUsed()
    {
        var disk = new FaultyDirectory(1);
        Open(disk);
        RunBackground();
        disk.Create("spare-7.segment", SegmentBytes - 1).Dispose();
        disk.Create("spare-8.segment.new", SegmentBytes).Dispose();
        disk.Create("spare-mine", 3).Dispose();

        var spares = Open(disk.Kill());

        Assert.Equal(2, spares.Ready);
        Assert.False(_background.IsWaiting);
        Assert.Equal(["spare-1.segment", "spare-2.segment", "spare-mine"], Names(Disk));
    }

    [Fact]
    public void TryTake_MakesASegmentThatPowerFailureLeaves()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var spares = Open(new FaultyDirectory(seed));

            Assert.True(spares.TryTake(Header(5), out var segment));

            Assert.Equal("00000000000000000005.segment", segment!.Name);
            Assert.Equal(5, segment.Number);
            Assert.Equal(Header(5), SegmentHeader.Read(Disk.Crash(seed).Contents(segment.Name), out _));
        }
    }

    [Fact]
    public void TryTake_WhenNoneIsReady_SaysSo_AndChangedSaysWhenOneIs()
    {
        var spares = Open(new FaultyDirectory(1));
        var changes = 0;
        spares.Changed += () => changes++;
        Assert.True(spares.TryTake(Header(1), out _));

        Assert.False(spares.TryTake(Header(2), out var none));
        Assert.Null(none);
        Assert.Equal(0, changes);
        RunBackground();

        Assert.Equal(2, changes);
        Assert.True(spares.TryTake(Header(2), out _));
    }

    [Fact]
    public void FullDisk_BlocksUntilThereIsRoom_AndIsTriedEverySecond()
    {
        var spares = Open(new FaultyDirectory(1) { Capacity = SegmentBytes + 100 });
        RunBackground();
        Assert.Contains("filled the disk", spares.Blocked, StringComparison.Ordinal);
        Assert.Equal(1, spares.Ready);

        Disk.Capacity = 10 * SegmentBytes;
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(_background.IsWaiting);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        RunBackground();

        Assert.Null(spares.Blocked);
        Assert.Equal(2, spares.Ready);
    }

    [Fact]
    public void FullDisk_WhileFilling_LeavesNothingBehind()
    {
        var spares = Open(new FaultyDirectory(1));
        Disk.Plan = operation => operation.Action == DeviceAction.Write ? DeviceFault.DiskFull : DeviceFault.None;

        RunBackground();

        Assert.NotNull(spares.Blocked);
        Assert.Equal(["spare-1.segment"], Names(Disk));
    }

    [Fact]
    public void Recycle_WhenOneIsWanted_KeepsTheFileAndItsRoom()
    {
        var spares = Open(new FaultyDirectory(1) { Capacity = 2 * SegmentBytes });
        Assert.True(spares.TryTake(Header(1), out var one));
        RunBackground();
        Assert.True(spares.TryTake(Header(2), out _));
        RunBackground();
        Assert.NotNull(spares.Blocked);

        spares.Recycle(one!);

        Assert.Null(spares.Blocked);
        Assert.Equal(1, spares.Ready);
        Assert.Equal(2 * SegmentBytes, Disk.UsedBytes);
        Assert.True(spares.TryTake(Header(3), out _));
        Assert.Equal(["00000000000000000002.segment", "00000000000000000003.segment"], Names(Disk));
    }

    [Fact]
    public void Recycle_OfALongerSegment_CutsIt_AndOfAShorterOne_DeletesIt()
    {
        var spares = Open(new FaultyDirectory(1));
        Assert.True(spares.TryTake(Header(1), out var longer));
        RunBackground();
        Assert.True(spares.TryTake(Header(2), out var shorter));
        Assert.True(spares.TryTake(Header(3), out _));
        longer!.File.SetLength(SegmentBytes + 5000);
        shorter!.File.SetLength(5000);

        spares.Recycle(longer);
        spares.Recycle(shorter);

        Assert.Equal(1, spares.Ready);
        Assert.Equal([SegmentBytes, SegmentBytes], Disk.List().Select(file => (int)file.Length));
    }

    [Fact]
    public void Recycle_WhenEnoughAreReady_GivesTheRoomBack()
    {
        var spares = Open(new FaultyDirectory(1));
        Assert.True(spares.TryTake(Header(1), out var segment));
        RunBackground();
        Assert.Equal(2, spares.Ready);

        spares.Recycle(segment!);

        Assert.Equal(2, Disk.List().Count);
    }

    /// <summary>Whatever the moment at which power fails, the next start has only whole segments, each with the header that its name says, and spares that it can use.</summary>
    [Fact]
    public void PowerFailure_AtEveryBoundary_LeavesAStoreThatStarts()
    {
        for (var failAt = 1; ; failAt++)
        {
            var first = new FaultyDirectory(failAt)
            {
                Plan = operation => operation.Number == failAt ? DeviceFault.PowerFailure : DeviceFault.None,
            };
            var hasFailed = !TryLive(first);
            var spares = Open(first.Crash(failAt));
            RunBackground();

            Assert.Equal(2, spares.Ready);
            Assert.All(Disk.List(), file =>
            {
                Assert.Equal(SegmentBytes, file.Length);
                var isSpare = file.Name.StartsWith("spare-", StringComparison.Ordinal);
                Assert.True(isSpare || file.Name == SegmentFile.NameOf(SegmentHeader.Read(Disk.Contents(file.Name), out _)!.Number), $"{file.Name} at {failAt}");
            });
            if (!hasFailed)
            {
                Assert.InRange(failAt, 20, 200);
                return;
            }
        }
    }

    private FaultyDirectory Disk { get; set; } = new(0);

    private bool TryLive(FaultyDirectory disk)
    {
        try
        {
            var spares = Open(disk);
            RunBackground();
            for (var number = 1; number < 5; number++)
            {
                if (spares.TryTake(Header(number), out var segment))
                {
                    RunBackground();
                    spares.Recycle(segment!);
                }
            }
        }
        catch (IOException) when (disk.IsDead)
        {
            return false;
        }

        // The background reports a failed disk instead of throwing.
        return !disk.IsDead;
    }

    private SpareSegments Open(FaultyDirectory disk)
    {
        Disk = disk;
        var spares = new SpareSegments(disk, _options, _time, _background, NullLogger.Instance);
        _opened.Add(spares);
        spares.Open();
        return spares;
    }

    private void RunBackground()
    {
        while (_background.Flush())
        {
        }
    }

    private static SegmentHeader Header(long number) => new(Guid.Empty, number, 0, false, 1, 0, 17, 0);

    private static IEnumerable<string> Names(FaultyDirectory disk) => disk.List().Select(file => file.Name);
}
