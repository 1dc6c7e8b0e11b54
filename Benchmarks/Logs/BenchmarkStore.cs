using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Devices;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Benchmarks.Logs;

/// <summary>A store on files in a directory of its own, beside the program: a temporary directory may be memory. It goes when it is disposed.</summary>
internal sealed class BenchmarkStore : IAsyncDisposable
{
    private static int _last;

    private BenchmarkStore(string path, FileStorageOptions options)
    {
        Path = path;
        Options = options;
        Log = Open();
    }

    public string Path { get; }

    public FileStorageOptions Options { get; }

    public FileEventLog Log { get; private set; }

    /// <summary>A new, empty store.</summary>
    public static BenchmarkStore Create(FileStorageOptions? options = null) => new(NewPath(), options ?? new FileStorageOptions { SpareSegments = 4 });

    /// <summary>A directory that nothing is in.</summary>
    public static string NewPath()
    {
        var path = System.IO.Path.Combine(AppContext.BaseDirectory, $"benchmark-data-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Opens a writer for each of so many topics.</summary>
    public async Task<ITopicWriter[]> OpenWritersAsync(int topics, CancellationToken cancellationToken)
    {
        var writers = new ITopicWriter[topics];
        for (var i = 0; i < topics; i++)
        {
            writers[i] = await Log.OpenWriterAsync(TopicName.Parse($"bench.t{i}"), cancellationToken);
        }

        return writers;
    }

    /// <summary>A store over a copy of the files as they are now: what a process that is killed leaves behind.</summary>
    public string CopyAsKilled()
    {
        var path = NewPath();
        foreach (var file in Directory.EnumerateFiles(Path).Where(static file => System.IO.Path.GetFileName(file) is var name && name != "lock" && !name.StartsWith("spare-", StringComparison.Ordinal)))
        {
            File.Copy(file, System.IO.Path.Combine(path, System.IO.Path.GetFileName(file)));
        }

        return path;
    }

    /// <summary>Closes the store in order and opens it again.</summary>
    public async Task RestartAsync()
    {
        await Log.DisposeAsync();
        Log = Open();
    }

    /// <summary>Opens the store at <paramref name="path"/>.</summary>
    public static FileEventLog Open(string path, FileStorageOptions options) => (FileEventLog)FileLogStore.Open(
        path, NodeId.Parse("bench"), options, default, TimeProvider.System, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Directory.Delete(Path, recursive: true);
    }

    private FileEventLog Open() => Open(Path, Options);
}

/// <summary>The disk itself, as the store uses it: writes of one size, each flushed, into a file that was filled with zeros before.</summary>
internal sealed class RawDisk : IDisposable
{
    private const int FileBytes = 64 * 1024 * 1024;
    private readonly DiskDirectory _directory;
    private readonly IStoreFile _file;
    private readonly byte[] _bytes;
    private long _position;

    public RawDisk(int writeBytes)
    {
        _directory = DiskDirectory.OpenOrCreate(BenchmarkStore.NewPath());
        _file = _directory.Create("raw", FileBytes);
        var zeros = new byte[1024 * 1024];
        for (var at = 0; at < FileBytes; at += zeros.Length)
        {
            _file.Write(at, zeros);
        }

        _file.Flush();
        _bytes = new byte[writeBytes];
        new Random(1).NextBytes(_bytes);
    }

    /// <summary>Writes and flushes once.</summary>
    public void WriteAndFlush()
    {
        _position = _position + _bytes.Length <= FileBytes ? _position : 0;
        _file.Write(_position, _bytes);
        _file.Flush();
        _position += _bytes.Length;
    }

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_directory.Location, recursive: true);
    }
}
