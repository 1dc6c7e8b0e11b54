using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Tests.Files.Golden;
using EventMesh.Storage.Tests.Files.Recovery;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Files.Mutations;

/// <summary>Opens a store that something has happened to, and checks that it says so or says what it said before.</summary>
internal sealed class MutatedStore(BaseStore store, Mutation mutation)
{
    private const int MaxReads = 100_000;
    private const long MaxBytes = 32L * 1024 * 1024;

    private static readonly FileStorageOptions Options = new() { SegmentBytes = 16 * 1024, SpareSegments = 1, RetentionAge = TimeSpan.Zero };

    private readonly FaultyDirectory _directory = GoldenStore.Copy(mutation.Files);
    private readonly long _mayBeCutFrom = mutation.FirstThatMayBeCut();
    private long _reads;

    /// <summary>Runs all checks.</summary>
    public async Task CheckAsync()
    {
        _directory.Plan = _ => ++_reads > MaxReads ? throw new InvalidOperationException("It reads for ever.") : DeviceFault.None;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var damaged = await OpenAndCheckAsync(damagedBefore: 0);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytes);

        // What the first opening has made of it lasts.
        await OpenAndCheckAsync(damaged);
    }

    /// <summary>Returns how much damage is reported by now.</summary>
    private async Task<int> OpenAndCheckAsync(int damagedBefore)
    {
        var writing = new ManualFlushScheduler();
        var background = new QueuedWorkScheduler();
        var services = new FileLogServices { Time = new ManualTimeProvider(), Writing = writing, Background = background, Random = new Random(1) };
        FileEventLog log;
        try
        {
            log = FileEventLog.Open(_directory, Options, JournalBuilder.Node, default, services);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted && mutation.File == Storage.Files.Recovery.StoreFile.Name)
        {
            // Whose store it is cannot be told any more: the one thing that it must not go on with.
            Assert.True(mutation.After is null || mutation.After.Length < 160 || BothSlotsAreHit(), e.Message);
            return damagedBefore;
        }

        Assert.True(log.Identity.Incarnation > store.Journal.Incarnation, "an incarnation was begun twice");
        var found = new Dictionary<string, FoundTopic>();
        foreach (var (name, _) in store.Journal.Expected.Topics)
        {
            found[name] = await FoundTopic.ReadAsync(log.GetReader(TopicName.Parse(name)));
        }

        var damaged = damagedBefore + log.Health.DamagedRanges;
        foreach (var (name, expected) in store.Journal.Expected.Topics)
        {
            Check(name, expected, found[name], damaged > 0);
            var writer = await log.OpenWriterAsync(TopicName.Parse(name), CancellationToken.None);
            CheckNumbers(name, expected, writer);
        }

        Assert.All(log.ListTopics(default, 1000), topic => Assert.Contains(topic.Topic.Value, store.Journal.Expected.Topics.Keys));
        while (writing.Flush() || background.RunAll())
        {
        }

        await log.DisposeAsync();
        return damaged;
    }

    private bool BothSlotsAreHit() => new[] { 0, 4096 }.All(at =>
        !mutation.After.AsSpan(at, Math.Min(256, mutation.After!.Length - at)).SequenceEqual(store.Files.First(file => file.Name == mutation.File).Bytes.AsSpan(at, 256)));

    private void Check(string name, TopicContents expected, FoundTopic found, bool isDamaged)
    {
        foreach (var (offset, text) in found.Records)
        {
            Assert.True(expected.Records.TryGetValue(offset, out var written) && written == text, $"'{name}' has '{text}' at {offset}, which was never written there");
        }

        Assert.True(found.Start <= expected.Start, $"'{name}' starts at {found.Start} instead of {expected.Start}");
        foreach (var (offset, _) in expected.Records.Where(record => record.Key >= expected.Start))
        {
            if (!found.Records.ContainsKey(offset))
            {
                var isNamed = offset < found.End ? found.Gaps.Contains(offset) : expected.Groups[offset] >= _mayBeCutFrom;
                Assert.True(isNamed || isDamaged, $"'{name}' has lost {offset} without a word");
                Assert.True(isDamaged || expected.Groups[offset] >= _mayBeCutFrom, $"'{name}' has lost {offset}, and no damage is reported");
            }
        }

        foreach (var offset in found.Gaps.Where(offset => offset < expected.Next && offset >= expected.Start))
        {
            Assert.True(isDamaged || expected.LostOffsets.Contains(offset) || expected.Records[offset].EndsWith(']'), $"'{name}' has a gap at {offset}, and no damage is reported");
        }
    }

    private void CheckNumbers(string name, TopicContents expected, ITopicWriter writer)
    {
        var least = expected.Records.Keys.Where(offset => expected.Groups[offset] < _mayBeCutFrom).Select(static offset => offset + 1).DefaultIfEmpty(0).Max();
        Assert.True(writer.NextOffset.Value >= least, $"'{name}' would give {writer.NextOffset.Value} again; {least} comes next");
        foreach (var (origin, position) in expected.Positions)
        {
            Assert.True(writer.HeldPosition(origin) <= position, $"'{name}' holds {writer.HeldPosition(origin)} of {origin}, which has sent no more than {position}");
        }
    }

    /// <summary>What a reader finds.</summary>
    private sealed class FoundTopic
    {
        public long Start { get; private init; }

        public long End { get; private init; }

        public SortedDictionary<long, string> Records { get; } = [];

        public HashSet<long> Gaps { get; } = [];

        public static async Task<FoundTopic> ReadAsync(ITopicReader reader)
        {
            var bounds = reader.Bounds;
            var found = new FoundTopic { Start = bounds.Start.Value, End = bounds.End.Value };
            for (var next = bounds.Start; next.Value < bounds.End.Value;)
            {
                using var batch = await reader.ReadAsync(next, 4096, 100, CancellationToken.None);
                Assert.NotEmpty(batch.Records);
                foreach (var record in batch.Records)
                {
                    Assert.Equal(next, record.Offset);
                    found.Add(record);
                    next = record.Next;
                }

                Assert.Equal(next, batch.Next);
            }

            return found;
        }

        private void Add(EventRecord record)
        {
            if (record.Kind == RecordKind.Event)
            {
                Records[record.Offset.Value] = StoreContents.Describe(record.Origin, record.Position, Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span));
                return;
            }

            var gap = GapBody.Decode(record.Body.Span);
            if (gap.Reason == GapReason.BeforeInterest)
            {
                Records[record.Offset.Value] = StoreContents.Describe(gap);
            }

            for (var offset = record.Offset.Value; offset < Math.Min(record.Next.Value, record.Offset.Value + 1000); offset++)
            {
                Gaps.Add(offset);
            }
        }
    }
}
