using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Tests.Files.Devices;

/// <summary>What the store relies on, over the disk and over its model.</summary>
public abstract class StoreDirectoryContract : IDisposable
{
    private readonly Lazy<IStoreDirectory> _directory;

    private protected StoreDirectoryContract() => _directory = new Lazy<IStoreDirectory>(Create);

    private protected IStoreDirectory Store => _directory.Value;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Create_WithALength_ReadsAsZeros()
    {
        using var file = Store.Create("a", 10_000);
        var bytes = new byte[20_000];
        bytes.AsSpan().Fill(1);

        Assert.Equal(10_000, file.Length);
        Assert.Equal(10_000, file.Read(0, bytes));
        Assert.All(bytes[..10_000], value => Assert.Equal(0, value));
        Assert.Equal([new StoreFileInfo("a", 10_000)], Store.List());
    }

    [Fact]
    public void Create_WhenTheNameExists_FailsAndLeavesTheFile()
    {
        WriteFile("a", [1, 2, 3]);

        Assert.Throws<IOException>(() => Store.Create("a", 100));

        Assert.Equal([1, 2, 3], ReadFile("a"));
    }

    [Fact]
    public void Write_BehindTheEnd_GrowsTheFileWithZerosBetween()
    {
        using var file = Store.Create("a", 4);

        file.Write(6, [7, 8]);
        file.Flush();

        Assert.Equal([0, 0, 0, 0, 0, 0, 7, 8], ReadFile("a"));
    }

    [Fact]
    public void Write_OfParts_WritesThemOneBehindTheOther()
    {
        using var file = Store.Create("a", 8);

        file.Write(1, [new byte[] { 1, 2 }, ReadOnlyMemory<byte>.Empty, new byte[] { 3 }]);

        Assert.Equal([0, 1, 2, 3, 0, 0, 0, 0], ReadFile("a"));
    }

    [Fact]
    public void SetLength_CutsAndGrowsWithZeros()
    {
        using var file = Store.Create("a", 0);
        file.Write(0, [1, 2, 3, 4]);

        file.SetLength(2);
        file.SetLength(4);

        Assert.Equal([1, 2, 0, 0], ReadFile("a"));
    }

    [Fact]
    public void Read_BehindTheEnd_ReturnsNothing()
    {
        using var file = Store.Create("a", 4);

        Assert.Equal(0, file.Read(4, new byte[1]));
        Assert.Equal(0, file.Read(100, new byte[1]));
        Assert.Equal(1, file.Read(3, new byte[10]));
    }

    [Fact]
    public void Rename_OverAFile_ReplacesItAndKeepsOpenFilesReadable()
    {
        WriteFile("old", [1]);
        using var open = Store.Open("old", writable: false);
        WriteFile("new", [2]);

        Store.Rename("new", "old");
        Store.Flush();

        Assert.Equal([2], ReadFile("old"));
        Assert.Equal([1], ReadAll(open));
        Assert.Equal([new StoreFileInfo("old", 1)], Store.List());
    }

    [Fact]
    public void Delete_OfAnOpenFile_KeepsItReadable()
    {
        WriteFile("a", [1]);
        using var open = Store.Open("a", writable: false);

        Store.Delete("a");

        Assert.Empty(Store.List());
        Assert.Equal([1], ReadAll(open));
        Assert.ThrowsAny<IOException>(() => Store.Open("a", writable: false));
    }

    [Fact]
    public void Delete_OfAMissingFile_DoesNothing()
    {
        Store.Delete("a");

        Assert.Empty(Store.List());
    }

    [Fact]
    public void List_IsInOrdinalOrder()
    {
        foreach (var name in new[] { "b", "B", "a-10", "a-2" })
        {
            WriteFile(name, []);
        }

        Assert.Equal(["B", "a-10", "a-2", "b"], Store.List().Select(file => file.Name));
    }

    [Fact]
    public void Lock_WhileLocked_SaysSoUntilItIsReleased()
    {
        var held = Store.Lock();

        var refused = Assert.Throws<EventMeshException>(Store.Lock);
        held.Dispose();
        using var again = Store.Lock();

        Assert.Equal(MeshErrorCode.StoreLocked, refused.Code);
    }

    private protected abstract IStoreDirectory Create();

    protected virtual void Dispose(bool disposing)
    {
    }

    private protected void WriteFile(string name, byte[] bytes)
    {
        using var file = Store.Create(name, bytes.Length);
        file.Write(0, bytes);
        file.Flush();
        Store.Flush();
    }

    private protected byte[] ReadFile(string name)
    {
        using var file = Store.Open(name, writable: false);
        return ReadAll(file);
    }

    private static byte[] ReadAll(IStoreFile file)
    {
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return bytes;
    }
}
