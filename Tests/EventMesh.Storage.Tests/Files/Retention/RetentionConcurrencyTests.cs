using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using static EventMesh.Storage.Tests.Files.Retention.SegmentCleanerTests;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>Readers go on while segments are dropped and rewritten under them, and miss nothing that is held.</summary>
public sealed class RetentionConcurrencyTests
{
    private const int Rounds = 250;
    private static readonly TopicName Hot = TopicName.Parse("hot");
    private static readonly NodeId Home = NodeId.Parse(EventLogHarness.NodeName);
    private static readonly TopicName[] Kept = [TopicName.Parse("kept.a"), TopicName.Parse("kept.b"), TopicName.Parse("kept.c")];

    [Fact]
    public async Task Readers_WhileSegmentsAreDroppedAndRewritten_FindEveryRecordThatIsHeld()
    {
        await using var harness = new FileLogHarness(RetentionScript.Options, seed: 1);
        using var stop = new CancellationTokenSource();
        var readers = Kept.Append(Hot).Select(topic => Task.Run(() => ReadAsync(harness, topic, stop.Token))).ToList();
        var cleaner = new Cleaner(harness);
        var cleaning = Task.Run(() => cleaner.RunAsync(stop.Token));

        await WriteAsync(harness, async () =>
        {
            // Everybody goes on meanwhile; only the writer waits, so that there is something to clean.
            for (var until = cleaner.Passes + 2; cleaner.Passes < until && !cleaning.IsCompleted;)
            {
                await Task.Yield();
            }
        });
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(readers), static rounds => Assert.InRange(rounds, 1, int.MaxValue));
        await cleaning;
        Assert.InRange(cleaner.Rewritten, 10, int.MaxValue);
        Assert.InRange(RetentionRuleTests.SegmentBytes(harness), 1, Rounds * 3000 / 2);
        Assert.Equal(0, harness.Log.Health.DamagedRanges);
        foreach (var topic in Kept)
        {
            Assert.Equal(Rounds, (await harness.Log.GetReader(topic).ReadAllAsync()).Count);
        }
    }

    [Fact]
    public async Task Read_WhenTheSegmentIsReplacedOrTrimmedBetweenAnyTwoCalls_IsWhole()
    {
        await using var harness = new FileLogHarness(RetentionScript.Options, seed: 1);
        await WriteAsync(harness, static () => Task.CompletedTask);
        await harness.RestartAsync();
        var (isBusy, steps) = (false, 0);
        harness.Directory.Plan = operation =>
        {
            if (operation.Action == DeviceAction.Read && !isBusy)
            {
                // On the reader's own thread, between its look-up and what it reads.
                isBusy = true;
                harness.Files.Retention.Step();
                if (!harness.Files.Retention.IsRewriting)
                {
                    harness.Files.Sweep();
                }

                steps++;
                isBusy = false;
            }

            return DeviceFault.None;
        };

        for (var round = 0; round < 30; round++)
        {
            foreach (var topic in Kept)
            {
                Assert.Equal(Enumerable.Range(0, Rounds).Select(static i => $"{i}"), (await harness.Log.GetReader(topic).ReadAllAsync()).Select(Batches.TextOf));
                Assert.Equal(Rounds - 1, harness.Log.GetReader(topic).FlushedPosition(Home).Sequence);
            }
        }

        Assert.InRange(steps, 10, int.MaxValue);
        Assert.Contains(harness.Files.Store.Segments.All(), static segment => segment.Header.IsRewritten);
    }

    /// <summary>Writes a little of what is kept and much of what is not.</summary>
    private static async Task WriteAsync(FileLogHarness harness, Func<Task> pause)
    {
        for (var i = 0; i < Rounds; i++)
        {
            foreach (var topic in Kept)
            {
                await AppendAsync(harness, topic, $"{i}");
            }

            await AppendAsync(harness, Hot, $"{i}".PadRight(3000));
            if (i % 10 == 9)
            {
                await TrimAsync(harness, Hot, i - 4);
                await pause();
            }
        }
    }

    private static async Task AppendAsync(FileLogHarness harness, TopicName topic, string text)
    {
        await using var writer = await harness.Log.OpenWriterAsync(topic, CancellationToken.None);
        var pending = writer.AppendAsync(Batches.Of(text), Durability.Disk, CancellationToken.None);
        harness.Run();
        await pending;
    }

    /// <summary>Reads the topic again and again from its start; returns how often.</summary>
    private static async Task<int> ReadAsync(FileLogHarness harness, TopicName topic, CancellationToken stop)
    {
        var rounds = 0;
        for (; !stop.IsCancellationRequested || rounds == 0; await Task.Yield())
        {
            var reader = harness.Log.GetReader(topic);
            var end = reader.Bounds.End;
            for (var next = LogOffset.Zero; next < end;)
            {
                using var batch = await reader.ReadAsync(next, 5000, 40, CancellationToken.None);
                foreach (var record in batch.Records)
                {
                    Assert.Equal(next, record.Offset);
                    next = record.Next;
                    var isTrimmed = record.Kind == RecordKind.Gap && GapBody.Decode(record.Body.Span).Reason == GapReason.Trimmed;
                    Assert.True(isTrimmed ? topic == Hot : Batches.TextOf(record).TrimEnd() == $"{record.Position.Sequence}" && record.Origin == Home);
                }
            }

            Assert.InRange(reader.FlushedPosition(Home).Sequence, end.Value - 1, long.MaxValue);
            rounds += end.Value > 0 ? 1 : 0;
        }

        return rounds;
    }

    private sealed class Cleaner(FileLogHarness harness)
    {
        private int _passes;

        public int Passes => Volatile.Read(ref _passes);

        public int Rewritten { get; private set; }

        public async Task RunAsync(CancellationToken stop)
        {
            harness.Files.Retention.OnRewritten = _ => Rewritten++;
            for (; !stop.IsCancellationRequested; await Task.Yield())
            {
                harness.Files.Sweep();
                while (harness.Files.Retention.IsRewriting)
                {
                    harness.Files.Retention.Step();
                }

                Interlocked.Increment(ref _passes);
            }
        }
    }
}
