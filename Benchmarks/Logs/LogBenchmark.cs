using System.Globalization;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Benchmarks.Logs;

/// <summary>Appending to and reading from the memory log, against copying the same bytes.</summary>
internal sealed class LogBenchmark : IBenchmark
{
    private const int ManyTopics = 10_000;
    private const int ReplayEvents = 200_000;
    private const int CopyBytes = 16 * 1024 * 1024;
    private const int ReplayBytes = 256 * 1024;
    private static readonly int[] BatchSizes = [1, 16, 256];

    // Small enough that a run is soon in the steady state, in which the oldest segments go as new ones come.
    private static readonly MemoryStorageOptions Limits = new() { MaxTopicBytes = 256L * 1024 * 1024, MaxTotalBytes = 256L * 1024 * 1024 };

    private readonly List<IEventLog> _logs = [];

    public string Name => "log";

    public string Summary => "the memory log: append until readable, each writer one batch at a time; replay; against copying the same bytes";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        var one = await OpenWritersAsync(1, cancellationToken);
        var many = await OpenWritersAsync(ManyTopics, cancellationToken);
        var cases = new List<Case>();
        foreach (var size in BatchSizes)
        {
            var batch = Payloads.Batch(size);
            cases.Add(CopyCase(batch));
            foreach (var lanes in new[] { 1, 8 })
            {
                cases.Add(AppendCase(batch, lanes, one));
                cases.Add(AppendCase(batch, lanes, many));
            }
        }

        cases.Add(await ReplayCaseAsync(1, cancellationToken));
        cases.Add(await ReplayCaseAsync(ManyTopics, cancellationToken));
        return cases;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs)
        {
            await log.DisposeAsync();
        }
    }

    private static Case CopyCase(EventBatch batch)
    {
        var target = new byte[CopyBytes];
        Array.Fill(target, (byte)1);
        var at = 0;
        return new Case(ControlOf(batch.Count), "events/s", (duration, _) => Loop.Run(duration, () =>
        {
            for (var i = 0; i < 64; i++)
            {
                at = at + batch.Bytes.Length <= target.Length ? at : 0;
                batch.Bytes.Span.CopyTo(target.AsSpan(at));
                at += batch.Bytes.Length;
            }

            return 64 * batch.Count;
        }));
    }

    private static Case AppendCase(EventBatch batch, int lanes, ITopicWriter[] writers)
    {
        var next = new int[lanes * 16];
        return new Case(
            string.Create(CultureInfo.InvariantCulture, $"append, batch {batch.Count}, {Plural(lanes, "writer")}, {Plural(writers.Length, "topic")}"),
            "events/s",
            (duration, cancellationToken) => Loop.RunAsync(duration, lanes, async lane =>
            {
                // Counters a cache line apart; lanes begin at topics far from each other.
                var turn = next[lane * 16]++;
                var writer = writers[(turn + lane * (writers.Length / lanes)) % writers.Length];
                return (await writer.AppendAsync(batch, Durability.Disk, cancellationToken)).Count;
            }, timed: lanes == 1 && batch.Count == 1, cancellationToken),
            ControlOf(batch.Count));
    }

    private async Task<Case> ReplayCaseAsync(int topics, CancellationToken cancellationToken)
    {
        var writers = await OpenWritersAsync(topics, cancellationToken);
        var batch = Payloads.Batch(Math.Min(256, ReplayEvents / topics));
        for (var done = 0; done < ReplayEvents; done += batch.Count)
        {
            await writers[done / batch.Count % topics].AppendAsync(batch, Durability.Disk, cancellationToken);
        }

        var readers = writers.Select(writer => _logs[^1].GetReader(writer.Topic)).ToArray();
        var (topic, next) = (0, LogOffset.Zero);
        return new Case(
            $"replay, {Plural(topics, "topic")}",
            "events/s",
            (duration, token) => Loop.RunAsync(duration, 1, async _ =>
            {
                using var read = await readers[topic].ReadAsync(next, ReplayBytes, 1_024, token);
                next = read.Next;
                if (next == readers[topic].Bounds.End)
                {
                    (topic, next) = ((topic + 1) % readers.Length, LogOffset.Zero);
                }

                return read.Records.Count;
            }, timed: false, token),
            ControlOf(256));
    }

    private async Task<ITopicWriter[]> OpenWritersAsync(int topics, CancellationToken cancellationToken)
    {
        var log = new MemoryLogStore(NodeId.Parse("bench"), Limits, TimeProvider.System).OpenLog();
        _logs.Add(log);
        var writers = new ITopicWriter[topics];
        for (var i = 0; i < topics; i++)
        {
            writers[i] = await log.OpenWriterAsync(TopicName.Parse($"bench.t{i}"), cancellationToken);
        }

        return writers;
    }

    private static string ControlOf(int batchSize) => $"control: copy, batch {batchSize}";

    private static string Plural(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
