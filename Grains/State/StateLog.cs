using System.Globalization;
using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.State;

/// <summary>One kind of state: its topic's one writer, and the last values in memory.</summary>
/// <remarks>
/// <para>Every change is an event that is flushed before it is acknowledged, and a value is told only once it is flushed. The log is the truth: after
/// any failure beyond a refusal the log is given up (<see cref="IsBroken"/>), and whoever opens it next reads what really was stored.</para>
/// <para>Thread-safe. Checks, numbering and the hand-over to the writer are one step under the gate, so changes of one key follow one another.</para>
/// </remarks>
internal sealed partial class StateLog : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ITopicWriter _writer;
    private readonly StateIndex _index;
    private readonly StateOptions _options;
    private readonly ILogger _logger;
    private readonly Dictionary<string, Task> _unflushed = new(StringComparer.Ordinal);
    private EventMeshException? _failure;
    private Task _compaction = Task.CompletedTask;
    private bool _isCompacting;

    private StateLog(ITopicWriter writer, StateIndex index, StateOptions options, ILogger logger)
    {
        _writer = writer;
        _index = index;
        _options = options;
        _logger = logger;
    }

    /// <summary>Whether a change has failed, or a newer writer has come: nothing more can be written here, and what was read may be old.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null;
            }
        }
    }

    /// <summary>Keys that have a value.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _index.Count;
            }
        }
    }

    /// <summary>Opens the writer of <paramref name="kind"/>'s topic, which fences the one before, and reads the last values.</summary>
    /// <exception cref="EventMeshException">A storage code; <c>InvalidTopic</c> for a kind that makes no name.</exception>
    public static async Task<StateLog> OpenAsync(
        IEventLog log, string kind, StateOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var topic = StateTopics.Of(kind);
        var writer = await log.OpenWriterAsync(topic, cancellationToken);
        try
        {
            var follower = new StateFollower(log.GetReader(topic), logger);
            await FenceAsync(writer, log.GetReader(topic), cancellationToken);
            var end = writer.NextOffset;
            await follower.CatchUpAsync(cancellationToken);
            if (follower.Next < end)
            {
                throw new EventMeshException(MeshErrorCode.LogFailed, $"Topic '{topic}' ends at {end}, but could be read up to {follower.Next} only.");
            }

            LogOpened(logger, topic, writer.Term.Value, follower.Index.Count, follower.Index.HeldBytes);
            return new StateLog(writer, follower.Index, options, logger);
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>The last value of <paramref name="key"/>, once it is flushed; null when there is none.</summary>
    /// <exception cref="EventMeshException">The code of what broke the log.</exception>
    public async Task<StateEntry?> ReadAsync(string key)
    {
        StateEntry? entry;
        Task? unflushed;
        lock (_gate)
        {
            CheckUsable();
            entry = _index.Find(key);
            unflushed = _unflushed.GetValueOrDefault(key);
        }

        // Told before it is flushed, a value could still be lost.
        await (unflushed ?? Task.CompletedTask);
        return entry;
    }

    /// <summary>Writes a value over the one of version <paramref name="expected"/> (null: over none). Ends when it is flushed.</summary>
    /// <returns>The version that is stored then. Not the one asked for: nothing was written, see <see cref="StateChange.IsConflict"/>.</returns>
    /// <exception cref="EventMeshException"><c>InvalidArgument</c>, <c>EventTooLarge</c>, <c>LogFull</c>, <c>Busy</c>, or what broke the log.</exception>
    public Task<StateChange> WriteAsync(string key, string? expected, ReadOnlyMemory<byte> value) =>
        ChangeAsync(new StateRecord(StateOperation.Set, key, 0, value), expected);

    /// <summary>Clears the value of version <paramref name="expected"/>. Ends when that is flushed; at once when there is none and none was expected.</summary>
    /// <exception cref="EventMeshException">See <see cref="WriteAsync"/>.</exception>
    public Task<StateChange> ClearAsync(string key, string? expected) =>
        ChangeAsync(new StateRecord(StateOperation.Clear, key, 0, default), expected);

    /// <summary>Ends the compaction under way, if there is one, and closes the writer.</summary>
    public async ValueTask DisposeAsync()
    {
        Task compaction;
        lock (_gate)
        {
            _failure ??= new EventMeshException(MeshErrorCode.LogClosed, $"The state in '{_writer.Topic}' is closed here.");
            compaction = _compaction;
        }

        await _writer.DisposeAsync();
        await compaction;
    }

    /// <summary>A value's version as others see it.</summary>
    public static string? ETagOf(StateEntry? entry) => entry?.Version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Waits until all that an older writer handed over can be read: the read limit moves past this record after all of that.</summary>
    private static async Task FenceAsync(ITopicWriter writer, ITopicReader reader, CancellationToken cancellationToken)
    {
        if (reader.Bounds.End < writer.NextOffset)
        {
            await writer.AppendAsync(Pack(new StateRecord(StateOperation.Fence, "", 0, default)), Durability.Disk, cancellationToken);
        }
    }

    private static EventBatch Pack(StateRecord record)
    {
        var batch = new EventBatchBuilder(record.Value.Length + 256);
        StateRecordCodec.Write(batch, record);
        return batch.Build();
    }

    private async Task<StateChange> ChangeAsync(StateRecord record, string? expected)
    {
        Task flushed;
        string? etag;
        lock (_gate)
        {
            CheckUsable();
            CheckRecord(record);
            var current = _index.Find(record.Key);
            if (ETagOf(current) != expected)
            {
                return new StateChange(ETagOf(current), IsConflict: true);
            }

            if (record.Operation == StateOperation.Clear && current is null)
            {
                return new StateChange(null, IsConflict: false);
            }

            CheckRoom(record, current);
            var offset = _writer.NextOffset.Value;
            flushed = HandOver(Pack(record));
            _index.Apply(record, offset);
            _unflushed[record.Key] = flushed;
            etag = ETagOf(_index.Find(record.Key));
        }

        await WaitFlushedAsync(record.Key, flushed);
        return new StateChange(etag, IsConflict: false);
    }

    /// <summary>Hands records to the writer. What is refused at once has changed nothing, and throws. Under the gate.</summary>
    private Task<AppendResult> HandOver(EventBatch records)
    {
        try
        {
            var appended = _writer.AppendAsync(records, Durability.Disk, CancellationToken.None).AsTask();
            if (appended.IsFaulted)
            {
                appended.GetAwaiter().GetResult();
            }

            return appended;
        }
        catch (EventMeshException refusal) when (refusal.Code is not (MeshErrorCode.Busy or MeshErrorCode.LogFull))
        {
            _failure = refusal;
            throw;
        }
    }

    private async Task WaitFlushedAsync(string key, Task flushed)
    {
        try
        {
            await flushed;
        }
        catch (Exception failure)
        {
            Break(failure);
            throw;
        }
        finally
        {
            lock (_gate)
            {
                if (_unflushed.GetValueOrDefault(key) == flushed)
                {
                    _unflushed.Remove(key);
                }
            }
        }
    }

    /// <summary>What was handed over did not reach the log, so the values in memory are not those of the log any more.</summary>
    private void Break(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure as EventMeshException ?? new EventMeshException(MeshErrorCode.LogFailed, failure.Message, failure);
        }
    }

    private void CheckUsable()
    {
        if (_failure is { } failure)
        {
            throw new EventMeshException(failure.Code, failure.Message, failure);
        }
    }

    private void CheckRecord(StateRecord record)
    {
        if (!StateRecordCodec.IsKey(record.Key))
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidArgument, $"key: '{Printable.Clip(record.Key)}' must have 1 to {StateRecordCodec.MaxKeyBytes} bytes of UTF-8.");
        }

        if (record.Value.Length > _options.MaxValueBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.EventTooLarge,
                $"The state of '{Printable.Clip(record.Key)}' takes {record.Value.Length} bytes; {StateOptions.Section}:MaxValueBytes is {_options.MaxValueBytes}.");
        }
    }

    /// <summary>Refuses what would pass a limit; what makes a value smaller is always taken.</summary>
    private void CheckRoom(StateRecord record, StateEntry? current)
    {
        if (record.Operation != StateOperation.Set)
        {
            return;
        }

        if (current is null && _index.Count >= _options.MaxEntries)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull, $"'{_writer.Topic}' holds the state of {_index.Count} keys; {StateOptions.Section}:MaxEntries is {_options.MaxEntries}.");
        }

        var growth = StateIndex.CostOf(record.Key, record.Value.Length) - (current is null ? 0 : StateIndex.CostOf(record.Key, current.Value.Length));
        if (growth > 0 && _index.LiveBytes + growth > _options.MaxBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull, $"'{_writer.Topic}' holds {_index.LiveBytes} bytes of state; {StateOptions.Section}:MaxBytes is {_options.MaxBytes}.");
        }
    }

    [LoggerMessage(EventIds.StateOpened, LogLevel.Debug, "State in {Topic} is written here in term {Term}: {Keys} keys, {Bytes} bytes of records.")]
    private static partial void LogOpened(ILogger logger, Core.Topics.TopicName topic, long term, int keys, long bytes);
}

/// <summary>What became of a change.</summary>
/// <param name="ETag">The version that is stored now; null for none.</param>
/// <param name="IsConflict">Whether that is not the version which the change was meant for: nothing was changed.</param>
internal readonly record struct StateChange(string? ETag, bool IsConflict);
