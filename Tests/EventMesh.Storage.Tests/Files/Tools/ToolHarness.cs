using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>A store on files that tools look at, with short ways to fill it.</summary>
internal sealed class ToolHarness : IAsyncDisposable
{
    public static readonly TopicName Orders = TopicName.Parse("orders.new");
    public static readonly TopicName Audit = TopicName.Parse("audit.log");
    public static readonly NodeId Own = NodeId.Parse(EventLogHarness.NodeName);
    public static readonly NodeId Other = NodeId.Parse("away");

    private readonly Dictionary<TopicName, ITopicWriter> _writers = [];

    public ToolHarness(int seed = 1, int segmentBytes = 16 * 1024, FaultyDirectory? directory = null)
    {
        var options = new FileStorageOptions
        {
            SegmentBytes = segmentBytes,
            SpareSegments = 1,
            GroupBytes = 4 * 1024,
            RetentionAge = TimeSpan.Zero,
            RetentionInterval = TimeSpan.FromDays(1),
        };
        Store = new FileLogHarness(options, seed, directory ?? new FaultyDirectory(seed));
    }

    public FileLogHarness Store { get; }

    public FaultyDirectory Directory => Store.Directory;

    /// <summary>Appends one event a text, each in a group of its own.</summary>
    public async Task AppendAsync(TopicName topic, params string[] texts)
    {
        foreach (var text in texts)
        {
            await AppendAsync(topic, Batches.Of(text));
        }
    }

    /// <summary>Appends a batch in a group of its own.</summary>
    public async Task AppendAsync(TopicName topic, EventBatch batch, ProducerStamp producer = default)
    {
        var appended = (await WriterAsync(topic)).AppendAsync(batch, producer, Durability.Disk, CancellationToken.None);
        Store.Run();
        await appended;
    }

    /// <summary>Appends events of <see cref="Other"/> that follow <paramref name="previous"/>, in a group of their own.</summary>
    public Task ReplicateAsync(TopicName topic, long incarnation, Position previous, params string[] texts) =>
        ReplicateAsync(topic, Batches.From(Other, incarnation, previous, texts));

    /// <summary>Appends another node's events in a group of their own.</summary>
    public async Task ReplicateAsync(TopicName topic, ReplicaBatch batch)
    {
        var appended = (await WriterAsync(topic)).ReplicateAsync(batch, CancellationToken.None);
        Store.Run();
        Assert.Equal(ReplicaVerdict.Take, (await appended).Verdict);
    }

    /// <summary>Appends a gap in another node's events in a group of its own.</summary>
    public async Task ReplicateAsync(TopicName topic, Gap gap)
    {
        var appended = (await WriterAsync(topic)).ReplicateAsync(gap, CancellationToken.None);
        Store.Run();
        Assert.Equal(ReplicaVerdict.Take, (await appended).Verdict);
    }

    /// <summary>Appends events until <paramref name="count"/> more segments have been sealed.</summary>
    public async Task FillSegmentsAsync(TopicName topic, int count)
    {
        for (var last = SealedSegments + count; SealedSegments < last;)
        {
            await AppendAsync(topic, Batches.OfSize(1000));
        }
    }

    public async Task<LogOffset> NextOffsetAsync(TopicName topic) => (await WriterAsync(topic)).NextOffset;

    public async Task<Position> HeldPositionAsync(TopicName topic, NodeId origin) => (await WriterAsync(topic)).HeldPosition(origin);

    public async Task TrimAsync(TopicName topic, long start)
    {
        var trimmed = (await WriterAsync(topic)).TrimAsync(new LogOffset(start), CancellationToken.None);
        Store.Run();
        await trimmed;
    }

    public async Task DeleteAsync(TopicName topic)
    {
        var deleted = (await WriterAsync(topic)).DeleteAsync(CancellationToken.None);
        Store.Run();
        await deleted;
    }

    /// <summary>Lets retention look until nothing moves any more.</summary>
    public void Clean()
    {
        for (var i = 0; i < 3; i++)
        {
            Store.Files.Sweep();
            Store.Run();
        }
    }

    /// <summary>Forgets the writers of a life that is over.</summary>
    public async Task RestartAsync()
    {
        _writers.Clear();
        await Store.RestartAsync();
    }

    /// <inheritdoc cref="RestartAsync"/>
    public async Task KillAsync()
    {
        _writers.Clear();
        await Store.KillAsync();
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>The names of segments in the directory.</summary>
    public IReadOnlyList<string> Segments() =>
        [.. Directory.List().Select(static file => file.Name).Where(static name => name.EndsWith(".segment", StringComparison.Ordinal) && char.IsAsciiDigit(name[0]))];

    private int SealedSegments => StoreSurvey
        .Take(Directory, new InspectOptions(), null, CancellationToken.None)
        .Segments.Count(static segment => segment.Condition == SegmentCondition.Sealed);

    private async Task<ITopicWriter> WriterAsync(TopicName topic)
    {
        if (!_writers.TryGetValue(topic, out var writer))
        {
            writer = await Store.Log.OpenWriterAsync(topic, CancellationToken.None);
            _writers.Add(topic, writer);
        }

        return writer;
    }
}
