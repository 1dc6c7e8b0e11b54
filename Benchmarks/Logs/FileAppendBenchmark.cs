using System.Globalization;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Storage;

namespace EventMesh.Benchmarks.Logs;

/// <summary>Appending to the store on files until it is flushed, against the disk itself with the same layout and the size of write that the store came to.</summary>
internal sealed class FileAppendBenchmark : IBenchmark
{
    private static readonly TimeSpan Trial = TimeSpan.FromMilliseconds(400);
    private static readonly int[] BatchSizes = [1, 16, 256, 1024];
    private static readonly int[] Writers = [1, 8, 64];
    private static readonly int[] Topics = [1, 10_000, 100_000];

    private readonly List<BenchmarkStore> _stores = [];
    private readonly List<RawDisk> _disks = [];

    public string Name => "append";

    public string Summary => "the store on files: append until flushed; against writing and flushing the same bytes in writes of the same size";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        var cases = new List<Case>();
        foreach (var topics in Topics)
        {
            var store = BenchmarkStore.Create();
            _stores.Add(store);
            var writers = await store.OpenWritersAsync(topics, cancellationToken);
            foreach (var size in BatchSizes)
            {
                foreach (var lanes in Writers.Where(lanes => topics == 1 || lanes > 1))
                {
                    cases.AddRange(await PairAsync(store, writers, size, lanes, cancellationToken));
                }
            }
        }

        return cases;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _disks.ForEach(static disk => disk.Dispose());
    }

    /// <summary>A load and its control: a short trial tells how large the writes come to be.</summary>
    private async Task<Case[]> PairAsync(BenchmarkStore store, ITopicWriter[] writers, int size, int lanes, CancellationToken cancellationToken)
    {
        var batch = Payloads.Batch(size);
        var load = string.Create(CultureInfo.InvariantCulture, $"batch {size}, {lanes} writer{(lanes == 1 ? "" : "s")}, {writers.Length:N0} topic{(writers.Length == 1 ? "" : "s")}");
        var isTimed = lanes == 1;
        var step = Step(writers, batch, lanes);
        var (bytes, groups) = (store.Log.Journal.WrittenBytes, store.Log.Journal.LastGroup);
        var trial = await Loop.RunAsync(Trial, lanes, lane => step(lane, cancellationToken), timed: false, cancellationToken);
        var perWrite = (int)((store.Log.Journal.WrittenBytes - bytes) / (store.Log.Journal.LastGroup - groups));
        var eventsPerWrite = Math.Max(1, (int)Math.Round(trial.Operations / (double)(store.Log.Journal.LastGroup - groups)));
        var disk = new RawDisk(perWrite);
        _disks.Add(disk);
        var control = $"control: write {perWrite / 1024.0:F1} KiB of {eventsPerWrite} events and flush ({load})";
        return
        [
            new Case(control, "events/s", (duration, token) => Loop.RunAsync(duration, 1, _ =>
            {
                disk.WriteAndFlush();
                return new ValueTask<int>(eventsPerWrite);
            }, isTimed, token)),
            new Case(load, "events/s", (duration, token) => Loop.RunAsync(duration, lanes, lane => step(lane, token), isTimed, token), control),
        ];
    }

    private static Func<int, CancellationToken, ValueTask<int>> Step(ITopicWriter[] writers, EventBatch batch, int lanes)
    {
        var turns = new int[lanes * 16];
        return async (lane, cancellationToken) =>
        {
            // Counters a cache line apart; lanes begin at topics far from each other.
            var turn = turns[lane * 16]++;
            var writer = writers[(turn + (long)lane * writers.Length / lanes) % writers.Length];
            while (true)
            {
                try
                {
                    return (await writer.AppendAsync(batch, Durability.Disk, cancellationToken)).Count;
                }
                catch (EventMeshException busy) when (busy.Code == MeshErrorCode.Busy)
                {
                    await Task.Delay(busy.RetryAfter ?? TimeSpan.Zero, cancellationToken);
                }
            }
        };
    }
}
