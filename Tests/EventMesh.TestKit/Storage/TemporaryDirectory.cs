namespace EventMesh.TestKit.Storage;

/// <summary>A directory of the machine that is gone when the test is.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private int _given;

    /// <summary>Where it is.</summary>
    public string Location { get; } = Directory.CreateTempSubdirectory("eventmesh-").FullName;

    /// <summary>A path below it that nothing else has; nothing is there yet.</summary>
    public string NewPath(string name) => Path.Combine(Location, $"{name}-{Interlocked.Increment(ref _given)}");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Location, recursive: true);
}
