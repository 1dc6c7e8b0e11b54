using System.Globalization;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Tests.Files.Devices;

public sealed class DiskDirectoryTests : StoreDirectoryContract
{
    private readonly string _path = Directory.CreateTempSubdirectory("eventmesh-").FullName;

    [Fact]
    public void OpenOrCreate_WhenSeveralLevelsAreMissing_MakesThem()
    {
        var directory = DiskDirectory.OpenOrCreate(Path.Combine(_path, "a", "b") + Path.DirectorySeparatorChar);

        Assert.Equal(Path.Combine(_path, "a", "b"), directory.Location);
        Assert.True(Directory.Exists(directory.Location));
        Assert.True(directory.FreeBytes > 0);
    }

    [Fact]
    public void Lock_WhileLocked_NamesTheProcessAndThePath()
    {
        using var held = Store.Lock();

        var refused = Assert.Throws<EventMeshException>(Store.Lock);

        Assert.Contains($"process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhenTheDiskHasNoSuchRoom_SaysSoAndLeavesNoFile()
    {
        Assert.Throws<DiskFullException>(() => Store.Create("huge", Store.FreeBytes + (1L << 40)));

        Assert.Empty(Store.List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("c:")]
    public void Open_OfAnythingButAPlainName_IsRefused(string name) => Assert.Throws<ArgumentException>(() => Store.Open(name, writable: false));

    private protected override IStoreDirectory Create() => DiskDirectory.OpenOrCreate(Path.Combine(_path, "store"));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_path, recursive: true);
    }
}
