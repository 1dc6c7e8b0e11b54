using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Benchmarks.Logs;

/// <summary>Reading the store on files back: replay from the start and from the middle, single events anywhere, and opening it again after the process was killed.</summary>
internal sealed class FileReadBenchmark : IBenchmark
{
    private const int Events = 2_000_000;
    private const int ReadBytes = 256 * 1024;
    private const int ReadRecords = 1024;

    private readonly List<BenchmarkStore> _stores = [];
    private readonly List<string> _copies = [];

    public string Name => "read";

    public string Summary => "the store on files: replay, random reads, opening after a kill; against reading the same files";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        var cases = new List<Case>();
        foreach (var (topics, size) in new[] { (1, 256), (10_000, 1) })
        {
            var store = BenchmarkStore.Create();
            _stores.Add(store);
            await FillAsync(store, topics, size, cancellationToken);
            var load = $"{topics:N0} topic{(topics == 1 ? "" : "s")}, written in batches of {size}";
            var control = $"control: read the files ({load})";
            cases.Add(FilesCase(control, store));
            cases.Add(ReplayCase($"replay from the start, {load}", store, topics, middle: false, control));
            cases.Add(ReplayCase($"replay from the middle, {load}", store, topics, middle: true, control));
            cases.Add(RandomCase($"one event anywhere, {load}", store, topics));
            cases.Add(OpenCase($"open after a kill, {Events:N0} events, {load}", store));
        }

        return cases;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _copies.ForEach(static path => Directory.Delete(path, recursive: true));
    }

    private static async Task FillAsync(BenchmarkStore store, int topics, int size, CancellationToken cancellationToken)
    {
        var writers = await store.OpenWritersAsync(topics, cancellationToken);
        var batch = Payloads.Batch(size);
        var pending = new List<Task>();
        for (var i = 0; i < Events / size; i++)
        {
            pending.Add(writers[i % topics].AppendAsync(batch, Durability.Disk, cancellationToken).AsTask());
            if (pending.Count == 20_000 / size)
            {
                await Task.WhenAll(pending);
                pending.Clear();
            }
        }

        await Task.WhenAll(pending);
        foreach (var writer in writers)
        {
            await writer.DisposeAsync();
        }
    }

    private static Case FilesCase(string load, BenchmarkStore store)
    {
        var files = Directory.GetFiles(store.Path, "0*.segment").Select(File.ReadAllBytes).Select(static bytes => (long)bytes.Length).Sum();
        var paths = Directory.GetFiles(store.Path, "0*.segment");
        var buffer = new byte[ReadBytes];
        var perEvent = files / Events;
        var (file, position) = (File.OpenHandle(paths[0]), 0L);
        var index = 0;
        return new Case(load, "events/s", (duration, token) => Loop.RunAsync(duration, 1, _ =>
        {
            var read = RandomAccess.Read(file, buffer, position);
            position += read;
            if (read == 0)
            {
                file.Dispose();
                index = (index + 1) % paths.Length;
                (file, position) = (File.OpenHandle(paths[index]), 0);
            }

            return new ValueTask<int>((int)(read / perEvent));
        }, timed: false, token));
    }

    private static Case ReplayCase(string load, BenchmarkStore store, int topics, bool middle, string control)
    {
        var readers = Enumerable.Range(0, topics).Select(i => store.Log.GetReader(Core.Topics.TopicName.Parse($"bench.t{i}"))).ToArray();
        LogOffset First(int topic) => middle ? new LogOffset(readers[topic].Bounds.End.Value / 2) : LogOffset.Zero;
        var (topic, next) = (0, First(0));
        return new Case(load, "events/s", (duration, token) => Loop.RunAsync(duration, 1, async _ =>
        {
            using var read = await readers[topic].ReadAsync(next, ReadBytes, ReadRecords, token);
            next = read.Next;
            if (next == readers[topic].Bounds.End)
            {
                topic = (topic + 1) % readers.Length;
                next = First(topic);
            }

            return read.Records.Count;
        }, timed: false, token), control);
    }

    private static Case RandomCase(string load, BenchmarkStore store, int topics)
    {
        var random = new Random(1);
        var readers = Enumerable.Range(0, topics).Select(i => store.Log.GetReader(Core.Topics.TopicName.Parse($"bench.t{i}"))).ToArray();
        return new Case(load, "events/s", (duration, token) => Loop.RunAsync(duration, 1, async _ =>
        {
            var reader = readers[random.Next(readers.Length)];
            using var read = await reader.ReadAsync(new LogOffset(random.NextInt64(reader.Bounds.End.Value)), ReadBytes, 1, token);
            return read.Records.Count;
        }, timed: true, token));
    }

    /// <summary>The copy is opened again and again; each opening ends without an orderly close, so the next one finds what a kill leaves.</summary>
    private Case OpenCase(string load, BenchmarkStore store) => new(load, "openings/s", async (_, _) =>
    {
        var path = store.CopyAsKilled();
        _copies.Add(path);
        var latencies = new Latencies();
        var probe = Probe.Start();
        var log = BenchmarkStore.Open(path, store.Options);
        latencies.Record(probe.Elapsed);
        var sample = probe.Stop(1, latencies);
        await log.DisposeAsync();
        return sample;
    });
}
