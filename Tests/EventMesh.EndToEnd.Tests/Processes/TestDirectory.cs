using System.Globalization;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>A directory of the machine that is gone after the test.</summary>
internal sealed class TestDirectory : IAsyncDisposable
{
    /// <summary>The directory.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("eventmesh-").FullName;

    /// <summary>Where a test keeps its store; not there until something makes it.</summary>
    public string Store => At("store");

    /// <summary>A path in the directory.</summary>
    public string At(string name) => Path.Combine(Root, name);

    /// <summary>The file of a segment of <see cref="Store"/>.</summary>
    public string Segment(long number) => Path.Combine(Store, string.Create(CultureInfo.InvariantCulture, $"{number:D20}.segment"));

    /// <summary>Turns a bit of a file.</summary>
    public static void FlipBit(string path, long position)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = position;
        var value = file.ReadByte();
        file.Position = position;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
