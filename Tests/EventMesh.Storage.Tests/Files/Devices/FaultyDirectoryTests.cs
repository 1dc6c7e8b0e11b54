using EventMesh.Storage.Files.Devices;
using EventMesh.TestKit;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Devices;

/// <summary>The model of the disk keeps what the contract promises and loses what it does not.</summary>
public sealed class FaultyDirectoryTests : StoreDirectoryContract
{
    private const int Sector = FaultyFile.SectorBytes;
    private readonly FaultyDirectory _disk = new(seed: 1);

    [Fact]
    public void Crash_KeepsEverythingThatWasFlushed() => SeededRandom.Run(1, 50, random =>
    {
        var disk = new FaultyDirectory(random.Next());
        var bytes = RandomBytes(random, 5000);
        using (var file = disk.Create("a", 0))
        {
            file.Write(0, bytes);
            file.Flush();
        }

        disk.Flush();

        Assert.Equal(bytes, disk.Crash(random.Next()).Contents("a"));
    });

    [Fact]
    public void Crash_OfUnflushedSectors_KeepsLosesAndTearsThemOneByOne()
    {
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new FaultyDirectory(seed);
            using var file = disk.Create("a", 2 * Sector);
            file.Flush();
            disk.Flush();
            file.Write(0, Enumerable.Repeat((byte)1, 2 * Sector).ToArray());

            var bytes = disk.Crash(seed).Contents("a");

            Assert.Equal(2 * Sector, bytes.Length);
            seen.Add($"{Fate(bytes.AsSpan(0, Sector))} {Fate(bytes.AsSpan(Sector))}");
        }

        Assert.Equal(9, seen.Count);

        static string Fate(ReadOnlySpan<byte> sector)
        {
            var kept = sector.IndexOf((byte)0);
            return kept switch { -1 => "kept", 0 => "lost", _ when sector[kept..].ContainsAnyExcept((byte)0) => "mixed", _ => "torn" };
        }
    }

    [Fact]
    public void Crash_OfAnUnflushedWriteBesideFlushedBytesOfASector_LeavesThese() => SeededRandom.Run(1, 50, random =>
    {
        var disk = new FaultyDirectory(random.Next());
        using var file = disk.Create("a", Sector);
        file.Write(0, [1, 2, 3]);
        file.Flush();
        disk.Flush();
        file.Write(3, [4, 5, 6]);

        Assert.Equal([1, 2, 3], disk.Crash(random.Next()).Contents("a")[..3]);
    });

    [Fact]
    public void Crash_OfUnflushedNames_KeepsAFirstPartOfTheOperations()
    {
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new FaultyDirectory(seed);
            disk.Create("a", 0).Dispose();
            disk.Rename("a", "b");
            disk.Create("c", 0).Dispose();
            disk.Delete("b");

            seen.Add(string.Join(',', disk.Crash(seed).List().Select(file => file.Name)));
        }

        Assert.Equal(["", "a", "b", "b,c", "c"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Crash_OfAnUnflushedLength_KeepsOrLosesIt()
    {
        var lengths = new HashSet<long>();
        for (var seed = 0; seed < 20; seed++)
        {
            var disk = new FaultyDirectory(seed);
            using var file = disk.Create("a", 100);
            file.Flush();
            disk.Flush();
            file.SetLength(40);

            lengths.Add(disk.Crash(seed).List().Single().Length);
        }

        Assert.Equal([40, 100], lengths.Order());
    }

    [Fact]
    public void Crash_WithTheSameSeeds_LeavesTheSame()
    {
        Assert.Equal(Once(7), Once(7));
        Assert.NotEqual(Once(7), Once(8));

        static byte[] Once(int seed)
        {
            var disk = new FaultyDirectory(seed);
            using var file = disk.Create("a", 0);
            file.Write(0, RandomBytes(new Random(1), 50 * Sector));
            disk.Flush();
            return disk.Crash(seed).Contents("a");
        }
    }

    [Fact]
    public void Crash_EndsEverythingThatWasOpen()
    {
        var file = _disk.Create("a", 1);
        _disk.Crash(1);

        Assert.True(_disk.IsDead);
        Assert.Throws<IOException>(() => file.Read(0, new byte[1]));
        Assert.Throws<IOException>(() => file.Write(0, [1]));
        Assert.Throws<IOException>(file.Flush);
        Assert.Throws<IOException>(() => _disk.Create("b", 0));
        file.Dispose();
    }

    [Fact]
    public void Kill_KeepsWhatWasWritten_WhichALaterCrashMayStillLose()
    {
        var lost = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var disk = new FaultyDirectory(seed);
            disk.Create("a", 1).Write(0, [1]);

            var killed = disk.Kill();

            Assert.Equal([1], killed.Contents("a"));
            lost += killed.Crash(seed).List().Count == 0 ? 1 : 0;
        }

        Assert.InRange(lost, 1, 19);
    }

    [Fact]
    public void FailedFlush_LosesPartForEver_EvenIfALaterFlushSucceeds()
    {
        using var file = _disk.Create("a", 100 * Sector);
        file.Flush();
        _disk.Flush();
        _disk.Plan = operation => operation.Action == DeviceAction.Flush ? DeviceFault.Error : DeviceFault.None;
        file.Write(0, Enumerable.Repeat((byte)1, 100 * Sector).ToArray());

        Assert.Throws<IOException>(file.Flush);
        _disk.Plan = null;
        file.Flush();

        Assert.DoesNotContain((byte)0, _disk.Contents("a"));
        Assert.InRange(_disk.Crash(1).Contents("a").Count(value => value == 0) / Sector, 20, 80);
    }

    [Fact]
    public void FailedWrite_LeavesAFirstPart()
    {
        using var file = _disk.Create("a", 1000);
        _disk.Plan = operation => operation.Action == DeviceAction.Write ? DeviceFault.Error : DeviceFault.None;

        Assert.Throws<IOException>(() => file.Write(0, Enumerable.Repeat((byte)1, 1000).ToArray()));

        var bytes = _disk.Contents("a");
        var written = Array.IndexOf(bytes, (byte)0);
        Assert.InRange(written, 1, 999);
        Assert.All(bytes[written..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void FullDisk_RefusesRoomButNotWritingIntoRoomThatIsTaken()
    {
        _disk.Capacity = 1000;
        using var file = _disk.Create("a", 800);

        Assert.Throws<DiskFullException>(() => _disk.Create("b", 300));
        Assert.Throws<DiskFullException>(() => file.Write(700, new byte[400]));
        file.Write(0, new byte[800]);

        Assert.Equal(["a"], _disk.List().Select(info => info.Name));
        Assert.InRange(_disk.FreeBytes, 0, 200);
    }

    [Fact]
    public void FullDisk_HasRoomAgainWhenADeletedFileIsClosed()
    {
        _disk.Capacity = 1000;
        var file = _disk.Create("a", 800);

        _disk.Delete("a");
        Assert.Equal(200, _disk.FreeBytes);
        file.Dispose();

        Assert.Equal(1000, _disk.FreeBytes);
    }

    [Fact]
    public void Plan_SeesEveryChangeNumbered_AndPowerCanFailAtEach()
    {
        var trace = new List<string>();
        _disk.Plan = operation =>
        {
            trace.Add($"{operation.Number} {operation.Action} {operation.File}");
            return operation.Number == 6 ? DeviceFault.PowerFailure : DeviceFault.None;
        };

        var file = _disk.Create("a", 1);
        file.Write(0, [1]);
        file.Read(0, new byte[1]);
        file.Flush();
        _disk.Rename("a", "b");
        _disk.Flush();
        Assert.Throws<IOException>(() => _disk.Delete("b"));

        Assert.Equal(["1 Create a", "2 Write a", "2 Read a", "3 Flush a", "4 Rename a", "5 FlushDirectory ", "6 Delete b"], trace);
        Assert.Equal([new StoreFileInfo("b", 1)], _disk.Crash(1).List());
        file.Dispose();
    }

    [Fact]
    public void Flip_TurnsABitForGood()
    {
        WriteFile("a", [0, 0, 0]);

        _disk.Flip("a", 1, 3);

        Assert.Equal([0, 8, 0], ReadFile("a"));
        Assert.Equal([0, 8, 0], _disk.Crash(1).Contents("a"));
    }

    private protected override IStoreDirectory Create() => _disk;

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
