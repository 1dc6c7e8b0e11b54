using System.Text;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.State;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.State;

/// <summary>A store in memory whose flushes the test holds, and owners of one kind of state over it.</summary>
internal sealed class StateHarness
{
    public const string Kind = "test";

    public StateHarness()
    {
        Store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions { SegmentBytes = 1024 }, new ManualTimeProvider(), Flushes);
        Log = Store.OpenLog();
    }

    public static TopicName Topic { get; } = StateTopics.Of(Kind);

    public StepScheduler Flushes { get; } = new();

    public MemoryLogStore Store { get; }

    public IEventLog Log { get; private set; }

    /// <summary>Small bounds, so that a test is soon at them.</summary>
    public StateOptions Options { get; } = new() { MaxEntries = 8, MaxBytes = 4 * 1024 * 1024, CompactMinBytes = 2000, CompactRatio = 0.1 };

    public TopicBounds Bounds => Log.GetReader(Topic).Bounds;

    public async Task<StateLog> OpenAsync() =>
        await FlushedAsync(StateLog.OpenAsync(Log, Kind, Options, NullLogger.Instance, CancellationToken.None));

    /// <summary>Flushes as often as <paramref name="task"/> needs it.</summary>
    public async Task<T> FlushedAsync<T>(Task<T> task)
    {
        await FlushedAsync((Task)task);
        return await task;
    }

    public async Task FlushedAsync(Task task)
    {
        while (await Task.WhenAny(task, Flushes.Waiting) != task)
        {
            Flushes.Flush();
        }

        await task;
    }

    /// <summary>Loses what is not flushed and opens the store again.</summary>
    public void PowerFail()
    {
        Flushes.Take();
        Store.LoseUnflushed();
        Log = Store.OpenLog();
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string? Text(StateEntry? entry) => entry is null ? null : Encoding.UTF8.GetString(entry.Value);
}
