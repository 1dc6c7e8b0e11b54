using System.Text;
using EventMesh.Core.Topics;
using EventMesh.Grains.State;
using EventMesh.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.State;

/// <summary>A store whose flushes the test holds, and owners of one kind of state over it.</summary>
internal sealed class StateHarness
{
    public const string Kind = "test";

    public StateHarness(Func<StepScheduler, IStateStore>? open = null) =>
        Store = open is null ? new MemoryStateStore(Flushes) : open(Flushes);

    public static TopicName Topic { get; } = StateTopics.Of(Kind);

    public StepScheduler Flushes { get; } = new();

    public IStateStore Store { get; }

    public IEventLog Log => Store.Log;

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
            Store.RunBackground();
        }

        await task;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string? Text(StateEntry? entry) => entry is null ? null : Encoding.UTF8.GetString(entry.Value);
}
