using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>Backups on the machine's own disk.</summary>
public sealed class DiskBackupPlaceTests : IDisposable
{
    private static readonly ManualTimeProvider Time = new();

    private readonly string _root = Directory.CreateTempSubdirectory("eventmesh-").FullName;

    private string Store => Path.Combine(_root, "store");

    private string Target => Path.Combine(_root, "backup");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Backup_WhenRepeatedBesideARunningNode_TakesThePlaceOfTheLastAndLinksWhatIsTheSame()
    {
        await using var log = Open(Store);
        await AppendAsync(log, 9, 1024 * 1024);

        var first = FileLogTools.Backup(Store, Target, Time);
        await AppendAsync(log, 1, 100);
        var second = FileLogTools.Backup(Store, Target, Time);

        Assert.Equal((2, 0, first.Bytes), (first.Segments, first.ReusedSegments, first.CopiedBytes));
        Assert.Equal((2, 1), (second.Segments, second.ReusedSegments));
        Assert.True(second.CopiedBytes < first.CopiedBytes / 2);
        Assert.Equal(["backup", "store"], Names(_root));
        Assert.True(FileLogTools.Verify(Target).IsSound);
        Assert.Equal(10, FileLogTools.Verify(Target).Events);
    }

    [Fact]
    public async Task Restore_WhenTheBackupIsSound_OpensWithAllThatTheNodeHad()
    {
        await using (var log = Open(Store))
        {
            await AppendAsync(log, 3, 1000);
            FileLogTools.Backup(Store, Target, Time);
        }

        var path = Path.Combine(_root, "restored", "here");
        var report = FileLogTools.Restore(Target, path, null, Time);

        Assert.True(report.IsDone);
        await using var restored = Open(path);
        Assert.True(restored.Identity.Incarnation > report.Incarnation);
        Assert.Equal(3, restored.GetReader(ToolHarness.Orders).Bounds.End.Value);
        Assert.Equal(MeshErrorCode.TargetOccupied, Assert.Throws<EventMeshException>(() => FileLogTools.Restore(Target, path, null, Time)).Code);
    }

    [Fact]
    public async Task Backup_WhenAnExchangeWasCutShort_PutsTheLastBackupBackFirst()
    {
        await MakeStoreAsync();
        FileLogTools.Backup(Store, Target, Time);
        Directory.Move(Target, Target + ".old");
        Directory.CreateDirectory(Target + ".new");
        File.WriteAllText(Path.Combine(Target + ".new", "00000000000000000001.segment"), "unfinished");

        var report = FileLogTools.Backup(Store, Target, Time);

        Assert.Equal((1, 1), (report.Segments, report.ReusedSegments));
        Assert.Equal(["backup", "store"], Names(_root));
    }

    [Fact]
    public async Task Backup_WhenTheLastOneWasLeftAside_RemovesIt()
    {
        await MakeStoreAsync();
        FileLogTools.Backup(Store, Target, Time);
        Directory.Move(Target, Target + ".old");
        FileLogTools.Backup(Store, Path.Combine(_root, "other"), Time);
        Directory.Move(Path.Combine(_root, "other"), Target);

        FileLogTools.Backup(Store, Target, Time);

        Assert.Equal(["backup", "store"], Names(_root));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("foreign file")]
    [InlineData("foreign directory")]
    [InlineData("store")]
    public async Task Backup_WhenSomethingElseIsThere_LeavesItAlone(string what)
    {
        await MakeStoreAsync();
        switch (what)
        {
            case "file":
                File.WriteAllText(Target, "mine");
                break;
            case "foreign file":
                FileLogTools.Backup(Store, Target, Time);
                File.WriteAllText(Path.Combine(Target, "notes.txt"), "mine");
                break;
            case "foreign directory":
                FileLogTools.Backup(Store, Target, Time);
                Directory.CreateDirectory(Path.Combine(Target, "mine"));
                break;
            default:
                await using (Open(Target))
                {
                    break;
                }
        }

        var before = Directory.Exists(Target) ? Names(Target) : [File.ReadAllText(Target)];

        Assert.Equal(MeshErrorCode.TargetOccupied, Assert.Throws<EventMeshException>(() => FileLogTools.Backup(Store, Target, Time)).Code);
        Assert.Equal(before, Directory.Exists(Target) ? Names(Target) : [File.ReadAllText(Target)]);
        Assert.Equal(["backup", "store"], Names(_root));
    }

    [Fact]
    public async Task Backup_WhenItIsCancelled_LeavesNoTrace()
    {
        await MakeStoreAsync();

        Assert.Throws<OperationCanceledException>(() => FileLogTools.Backup(Store, Target, Time, null, new CancellationToken(canceled: true)));

        Assert.Equal(["store"], Names(_root));
    }

    [Fact]
    public async Task Backup_WhenAnotherOneIsUnderWay_IsRefused()
    {
        await MakeStoreAsync();
        using var other = DiskBackupPlace.Open(Target);

        Assert.Equal(MeshErrorCode.StoreLocked, Assert.Throws<EventMeshException>(() => FileLogTools.Backup(Store, Target, Time)).Code);
    }

    [Fact]
    public async Task Backup_WhenItIsMadeWhileTheLastOneIsRestored_IsRefused()
    {
        await MakeStoreAsync();
        FileLogTools.Backup(Store, Target, Time);
        using var restoring = new EventMesh.Storage.Files.Devices.DiskDirectory(Target).Lock();

        Assert.Equal(MeshErrorCode.StoreLocked, Assert.Throws<EventMeshException>(() => FileLogTools.Backup(Store, Target, Time)).Code);
        Assert.Equal(["backup", "store"], Names(_root));
    }

    private static IEventLog Open(string path) => FileLogStore.Open(
        path, ToolHarness.Own, new FileStorageOptions { SegmentBytes = 8 * 1024 * 1024 }, default, TimeProvider.System, NullLogger.Instance);

    private static async Task AppendAsync(IEventLog log, int count, int bytes)
    {
        await using var writer = await log.OpenWriterAsync(ToolHarness.Orders, CancellationToken.None);
        for (var i = 0; i < count; i++)
        {
            await writer.AppendAsync(Batches.OfSize(bytes - 1), default, Durability.Disk, CancellationToken.None);
        }
    }

    private static string[] Names(string directory) => [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(static entry => entry.Name).Order(StringComparer.Ordinal)];

    private async Task MakeStoreAsync()
    {
        await using var log = Open(Store);
        await AppendAsync(log, 1, 100);
    }
}
