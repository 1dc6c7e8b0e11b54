using System.Text;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Tests.Files.Recovery;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Golden;

/// <summary>Stores that earlier releases have written: each is read for ever, and the newest is what this release writes.</summary>
public sealed class GoldenStoreTests
{
    // Names a directory that the store is written to as this release does: the files of a new version.
    private const string WriteVariable = "EVENTMESH_WRITE_GOLDEN";
    private const string Newest = "v1";

    [Theory]
    [InlineData("v1", true)]
    [InlineData("v1", false)]
    public void Open_WhenAReleaseHasWrittenTheStore_FindsWhatItWrote(string version, bool hasCheckpoint)
    {
        var files = Load(version).ToList();
        var directory = GoldenStore.Copy(files.Where(file => file.Name != GoldenStore.ExpectedName && (hasCheckpoint || file.Name != CheckpointFile.Name)));

        var opened = Reopening.Open(directory);

        Assert.Equal(0, opened.DamagedRanges);
        Assert.Equal(Encoding.UTF8.GetString(files.Single(static file => file.Name == GoldenStore.ExpectedName).Bytes), StoreContents.Of(opened).ToString());
    }

    [Fact]
    public void Write_WhenTheFormatIsAsItWas_MakesTheSameFiles()
    {
        var directory = new FaultyDirectory(1);
        using var journal = GoldenStore.Write(directory);
        var written = GoldenStore.FilesOf(directory)
            .Append((Name: GoldenStore.ExpectedName, Bytes: Encoding.UTF8.GetBytes(journal.Expected.ToString())))
            .OrderBy(static file => file.Name, StringComparer.Ordinal)
            .ToList();
        if (Environment.GetEnvironmentVariable(WriteVariable) is { Length: > 0 } target)
        {
            Directory.CreateDirectory(target);
            written.ForEach(file => File.WriteAllBytes(Path.Combine(target, file.Name), file.Bytes));
        }

        var golden = Load(Newest).ToList();
        Assert.Equal(golden.Select(static file => file.Name), written.Select(static file => file.Name));
        foreach (var (one, other) in golden.Zip(written))
        {
            Assert.True(one.Bytes.AsSpan().SequenceEqual(other.Bytes), $"{one.Name} differs from byte {one.Bytes.AsSpan().CommonPrefixLength(other.Bytes)} on");
        }
    }

    internal static IEnumerable<(string Name, byte[] Bytes)> Load(string version) =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Files", "Golden", version))
            .Order(StringComparer.Ordinal)
            .Select(static path => (Path.GetFileName(path), File.ReadAllBytes(path)));
}
