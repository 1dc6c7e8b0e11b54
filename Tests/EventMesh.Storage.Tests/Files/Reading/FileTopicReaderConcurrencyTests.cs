using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files.Reading;

/// <summary>Readers beside a writer that seals, trims and drops segments under them.</summary>
public sealed class FileTopicReaderConcurrencyTests
{
    private const int Groups = 1500;
    private static readonly TopicName Orders = TopicName.Parse("orders");

    [Fact]
    public async Task Readers_WhileSegmentsAreSealedAndDropped_LeaveOutNothingWithoutSayingSo()
    {
        var store = new TestSegments(cacheBytes: 2000);
        var writing = Task.Run(() => WriteAll(store));
        var readers = Enumerable.Range(1, 3).Select(number => Task.Run(() => ReadAllAsync(store.Reader(Orders), number * 7, writing))).ToList();
        var searching = Task.Run(() => SearchAsync(store.Reader(Orders), writing));

        await writing;

        Assert.All(await Task.WhenAll(readers), static read => Assert.InRange(read, 1, 3 * Groups));
        await searching;
        Assert.Empty(store.Damage);
        Assert.True(store.HasDropped);
    }

    private static void WriteAll(TestSegments store)
    {
        var random = new Random(5);
        for (var group = 0; group < Groups; group++)
        {
            var first = 3L * group;
            store.Add(Orders, Run(first), [.. Batches.Of($"{first}", $"{first + 1}", $"{first + 2}").Bytes.Span]);
            if (group % 20 == 10)
            {
                store.Add(Orders, Run(first) with { Kind = RunKind.Trim, FirstOffset = Math.Max(0, first - 60), Count = 0 }, []);
            }

            store.Flush();
            switch (random.Next(12))
            {
                case 0:
                    store.BeginSegment();
                    break;
                case 1:
                    store.Seal();
                    break;
                case 2:
                    store.TryDropOldest();
                    break;
                case 3:
                    store.LetRest(Orders);
                    break;
            }
        }
    }

    /// <summary>Follows the log to its end; returns how many events it saw.</summary>
    private static async Task<int> ReadAllAsync(ITopicReader reader, int maxRecords, Task writing)
    {
        var events = 0;
        for (var next = LogOffset.Zero; next.Value < 3 * Groups; await Task.Yield())
        {
            using var batch = await reader.ReadAsync(next, 2000, maxRecords, default);
            foreach (var record in batch.Records)
            {
                Assert.Equal(next, record.Offset);
                next = record.Next;
                if (record.Kind == RecordKind.Event)
                {
                    Assert.Equal((record.Offset.Value, record.Offset.ToString()), (record.Position.Sequence, Batches.TextOf(record)));
                    events++;
                }
                else
                {
                    Assert.Equal(GapReason.Trimmed, GapBody.Decode(record.Body.Span).Reason);
                }
            }

            Assert.Equal(next, batch.Next);
            Assert.False(batch.Records.Count == 0 && writing.IsFaulted, "Writing failed.");
        }

        return events;
    }

    private static async Task SearchAsync(ITopicReader reader, Task writing)
    {
        for (var turn = 0; !writing.IsCompleted; turn++, await Task.Yield())
        {
            var (start, end) = reader.Bounds;
            var offset = new LogOffset(Math.Max(1, start.Value + turn % 50));
            if (offset > end)
            {
                continue;
            }

            // What is not trimmed yet is where it was; what is trimmed meanwhile counts as the start.
            var before = reader.PositionBefore(TestSegments.Home, offset);
            var after = reader.OffsetAfter(TestSegments.Home, new Position(new Incarnation(1), offset.Value - 1));
            var since = reader.OffsetAtTime(TimeOf(offset.Value));
            var now = reader.Bounds;
            Assert.InRange(before.Sequence, offset.Value - 1, Math.Max(offset.Value, now.Start.Value) - 1);
            Assert.InRange(after.Value, offset.Value, Math.Max(offset.Value, now.Start.Value));
            Assert.InRange(since.Value, offset.Value - 2, Math.Max(offset.Value, now.Start.Value));
            Assert.InRange(reader.FlushedPosition(TestSegments.Home).Sequence, end.Value - 1, 3 * Groups);
        }

        Assert.False(writing.IsFaulted, "Writing failed.");
    }

    private static long TimeOf(long offset) => 100 + offset / 3;

    private static RunDescriptor Run(long first) => new()
    {
        Kind = RunKind.Events,
        FirstOffset = first,
        Count = 3,
        AppendTimeUnixMs = TimeOf(first),
        BaseTimeUnixMs = TimeOf(first),
        First = Batches.At(1, first),
    };
}
