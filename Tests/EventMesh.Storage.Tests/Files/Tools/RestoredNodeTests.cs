using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Tools;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using static EventMesh.Storage.Tests.Files.Tools.ToolHarness;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>A node that goes on from an older backup, and a peer that knows more of it than it does itself.</summary>
public sealed class RestoredNodeTests
{
    private static readonly TopicName[] Topics = [Orders, Audit, TopicName.Parse("late.topic")];

    /// <summary>Whatever the node did between backup and loss, and however much of it had reached the peer.</summary>
    [Fact]
    public async Task Peer_WhenTheNodeIsRestored_LosesNothingAndDoublesNothing()
    {
        var rewound = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            await using var peer = new Peer();
            var place = new MemoryBackupPlace(seed);
            await using (var node = new ToolHarness(seed))
            {
                await LiveAsync(node, peer, random, topics: 2);
                StoreBackupTests.Backup(node.Directory, place);
                await LiveAsync(node, peer, random, topics: 3);
            }

            await using var restored = new ToolHarness(seed, directory: StoreBackupTests.Restore(place.Made!));
            await LiveAsync(restored, peer, random, topics: 3);
            foreach (var topic in Topics)
            {
                await restored.AppendAsync(topic, Batches.Of($"last of seed {seed}"));
                await peer.TakeAsync(restored, topic);
            }

            rewound += peer.Rewound;
            await peer.CheckAsync($"seed {seed}");
        }

        Assert.True(rewound > 30, $"{rewound} times the peer held more than the node.");
    }

    /// <summary>Publishes, restarts, and lets the peer take what it likes.</summary>
    private static async Task LiveAsync(ToolHarness node, Peer peer, Random random, int topics)
    {
        for (var step = random.Next(30); step > 0; step--)
        {
            var topic = Topics[random.Next(topics)];
            switch (random.Next(8))
            {
                case < 4:
                    var texts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{random.NextInt64()}").ToArray();
                    await node.AppendAsync(topic, Batches.Of(texts));
                    break;
                case < 7:
                    await peer.TakeAsync(node, topic);
                    break;
                default:
                    await node.RestartAsync();
                    break;
            }
        }
    }

    /// <summary>Keeps what it is sent, as a link does: it names its position, and is sent what follows.</summary>
    private sealed class Peer : IAsyncDisposable
    {
        private readonly ManualFlushScheduler _flushes = new();
        private readonly IEventLog _log;
        private readonly Dictionary<TopicName, ITopicWriter> _writers = [];
        private readonly Dictionary<(TopicName Topic, Position Position), string> _sent = [];

        public Peer() => _log = new MemoryLogStore(
            Other, new MemoryStorageOptions(), new TestKit.Time.ManualTimeProvider(), _flushes).OpenLog();

        public int Rewound { get; private set; }

        public async Task TakeAsync(ToolHarness node, TopicName topic)
        {
            if (!_writers.TryGetValue(topic, out var writer))
            {
                _writers[topic] = writer = await _log.OpenWriterAsync(topic, CancellationToken.None);
            }

            var reader = node.Store.Log.GetReader(topic);
            var held = writer.HeldPosition(Own);
            foreach (var record in await reader.ReadAllAsync(reader.OffsetAfter(Own, held).Value))
            {
                if (record.Origin != Own || record.Kind != RecordKind.Event)
                {
                    continue;
                }

                var builder = new EventBatchBuilder { BaseTimeUnixMs = record.TimeUnixMs };
                builder.AddEncoded(record.Body.Span, record.TimeUnixMs);
                var previous = reader.PositionBefore(Own, record.Offset);
                var taken = writer.ReplicateAsync(
                    new ReplicaBatch(Own, record.Position.Incarnation, previous, record.Position.Sequence, 1, builder.BuildCopy()), CancellationToken.None);
                _flushes.Flush();
                var result = await taken;
                Assert.Equal(ReplicaVerdict.Take, result.Verdict);
                Rewound += result.Rewound ? 1 : 0;
                _sent.Add((topic, record.Position), Batches.TextOf(record));
            }

            // Nothing that the node holds may be left out as something that the peer knew already.
            Assert.True(writer.HeldPosition(Own) >= reader.FlushedPosition(Own), $"{topic}: the peer holds {writer.HeldPosition(Own)}, the node {reader.FlushedPosition(Own)}");
        }

        /// <summary>Every event that was sent is held once, under its identity, and no identity was given twice.</summary>
        public async Task CheckAsync(string when)
        {
            foreach (var topic in _writers.Keys)
            {
                var held = (await _log.GetReader(topic).ReadAllAsync()).Where(static record => record.Kind == RecordKind.Event).ToList();
                Assert.Equal(held.Count, held.Select(static record => record.Position).Distinct().Count());
                Assert.Equal((when, _sent.Keys.Count(key => key.Topic == topic)), (when, held.Count));
                Assert.All(held, record => Assert.Equal((when, _sent[(topic, record.Position)]), (when, Batches.TextOf(record))));
            }
        }

        public ValueTask DisposeAsync() => _log.DisposeAsync();
    }
}
