using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Tests.Files.Recovery;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>Fills a store with random topics of all kinds over many segments and trims most of it, so that retention has everything to do: carry, drop, rewrite.</summary>
internal sealed class RetentionScript(FileLogHarness harness, int seed)
{
    private static readonly NodeId[] Origins = [NodeId.Parse("east"), NodeId.Parse("west")];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, long> _sent = [];

    /// <summary>Options under which little data is many segments.</summary>
    public static FileStorageOptions Options => new()
    {
        SegmentBytes = 32 * 1024,
        SpareSegments = 1,
        GroupBytes = 16 * 1024,
        RetentionAge = TimeSpan.Zero,
    };

    /// <summary>What the store holds, all its segments sealed: heads, positions, producers, records, byte for byte.</summary>
    public static string Contents(FileLogHarness harness) => StoreContents.Of(harness.Files.Store).ToString();

    /// <summary>Writes the topics, trims them, and restarts, so that all segments are sealed.</summary>
    public static async Task<FileLogHarness> BuildAsync(int seed, FileStorageOptions? options = null)
    {
        var harness = new FileLogHarness(options ?? Options, seed);
        var script = new RetentionScript(harness, seed);
        for (var round = 0; round < 60; round++)
        {
            await script.StepAsync();
        }

        await script.TrimMostAsync();
        await harness.RestartAsync();
        return harness;
    }

    public async Task StepAsync()
    {
        harness.Time.Advance(TimeSpan.FromSeconds(_random.Next(100)));
        await AppendAsync("hot", 3, 1500);
        await AppendAsync($"once.{_random.Next(30)}", 1, 80);
        await AppendAsync($"kept.{_random.Next(8)}", 2, 120);
        await PublishAsync($"made.{_random.Next(3)}", ProducerId.Parse($"p{_random.Next(9)}"));
        await ReplicateAsync($"far.{_random.Next(3)}", Origins[_random.Next(Origins.Length)]);
        if (_random.Next(10) == 0)
        {
            await WithAsync($"gone.{_random.Next(3)}", static writer => writer.AppendAsync(Batches.Of("x"), Durability.Disk, CancellationToken.None).AsTask());
            await WithAsync($"gone.{_random.Next(3)}", static writer => writer.DeleteAsync(CancellationToken.None).AsTask());
        }

        if (_random.Next(8) == 0)
        {
            await TrimAsync($"made.{_random.Next(3)}", 0.5);
        }
    }

    /// <summary>Leaves little of most topics, all of some, and nothing of others; some are cut in the middle of a run.</summary>
    public async Task TrimMostAsync()
    {
        await TrimAsync("hot", _random.Next(3) == 0 ? 1 : 0.97);
        for (var i = 0; i < 30; i += _random.Next(1, 3))
        {
            await TrimAsync($"once.{i}", 1);
        }

        for (var i = 0; i < 8; i++)
        {
            await TrimAsync($"kept.{i}", _random.NextDouble());
        }

        for (var i = 0; i < 3; i++)
        {
            await TrimAsync($"made.{i}", _random.Next(3) == 0 ? 1 : 0.8);
            await TrimAsync($"far.{i}", _random.Next(3) == 0 ? 1 : 0.8);
        }
    }

    private Task AppendAsync(string topic, int most, int bytes) => WithAsync(
        topic, writer => writer.AppendAsync(Make(_random.Next(1, most + 1), bytes), Durability.Disk, CancellationToken.None).AsTask());

    private Task PublishAsync(string topic, ProducerId producer)
    {
        var key = $"{topic} {producer}";
        var events = Make(_random.Next(1, 4), 60);
        var stamp = new ProducerStamp(producer, _sent.GetValueOrDefault(key));
        _sent[key] = stamp.FirstSequence + events.Count;
        return WithAsync(topic, writer => writer.AppendAsync(events, stamp, Durability.Disk, CancellationToken.None).AsTask());
    }

    private Task ReplicateAsync(string topic, NodeId origin) => WithAsync(topic, async writer =>
    {
        var held = writer.HeldPosition(origin);
        var incarnation = held.IsNone ? 5 : held.Incarnation.Value + (_random.Next(6) == 0 ? 1 : 0);
        if (_random.Next(5) == 0)
        {
            await writer.ReplicateAsync(new Gap(origin, held, Batches.At(incarnation, held.NextSequence + 3), GapReason.Trimmed), CancellationToken.None);
        }
        else
        {
            await writer.ReplicateAsync(Batches.From(origin, incarnation, held, "far", "away"), CancellationToken.None);
        }
    });

    private Task TrimAsync(string topic, double share) => WithAsync(topic, writer =>
        writer.TrimAsync(new LogOffset((long)(writer.NextOffset.Value * share)), CancellationToken.None).AsTask());

    private async Task WithAsync(string topic, Func<ITopicWriter, Task> action)
    {
        await using var writer = await harness.Log.OpenWriterAsync(TopicName.Parse(topic), CancellationToken.None);
        var pending = action(writer);
        if (_random.Next(4) > 0)
        {
            harness.Run();
            await pending;
        }
    }

    private EventBatch Make(int count, int bytes) =>
        Batches.Of([.. Enumerable.Range(0, count).Select(_ => new string((char)('a' + _random.Next(26)), _random.Next(1, bytes)))]);
}
