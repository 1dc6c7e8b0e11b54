using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.State;

/// <summary>Keeps the log little longer than the last value of each key.</summary>
/// <remarks>
/// A compaction takes the next offset for its boundary, repeats above it every value that still lies below, and trims below it once nothing that
/// counts waits for a flush. A crash before the trim leaves values twice, with the same version; one after it finds all of them above the boundary.
/// </remarks>
internal sealed partial class StateLog
{
    private const int KeepBytes = 256 * 1024;

    /// <summary>Compacts if what is superseded has passed its bound, or joins the compaction under way. Never fails: what went wrong is logged, and the
    /// next call tries again.</summary>
    public Task CompactIfDueAsync()
    {
        lock (_gate)
        {
            if (_isCompacting || _failure is not null || !IsDue)
            {
                return _compaction;
            }

            _isCompacting = true;
        }

        var compaction = CompactAsync();
        lock (_gate)
        {
            _compaction = compaction;
        }

        return compaction;
    }

    private bool IsDue => _index.SupersededBytes > Math.Max(_options.CompactMinBytes, _index.LiveBytes * _options.CompactRatio);

    private async Task CompactAsync()
    {
        try
        {
            var (boundary, heldBytes, keys) = BeginCompaction();
            for (var at = 0; at < keys.Length;)
            {
                await KeepNext(keys, boundary.Value, ref at);
            }

            await AllFlushed();
            await _writer.TrimAsync(boundary, CancellationToken.None);
            EndCompaction(boundary, heldBytes);
        }
        catch (EventMeshException refusal) when (refusal.Code is MeshErrorCode.Busy or MeshErrorCode.LogFull)
        {
            LogNotCompacted(_logger, _writer.Topic, refusal.Code, refusal.Message);
        }
        catch (Exception failure)
        {
            // Nobody waits for a compaction: who changes or reads the state next is told what broke it.
            Break(failure);
        }
        finally
        {
            lock (_gate)
            {
                _isCompacting = false;
            }
        }
    }

    private (LogOffset Boundary, long HeldBytes, string[] Keys) BeginCompaction()
    {
        lock (_gate)
        {
            return (_writer.NextOffset, _index.HeldBytes, [.. _index.Entries.Select(static entry => entry.Key)]);
        }
    }

    /// <summary>Repeats the next values that still lie below the boundary, one batch of them.</summary>
    private Task KeepNext(string[] keys, long boundary, ref int at)
    {
        lock (_gate)
        {
            CheckUsable();
            var kept = new List<StateEntry>();
            var batch = new EventBatchBuilder();
            for (; at < keys.Length && batch.Bytes < KeepBytes; at++)
            {
                // A key that was written or cleared meanwhile has its last record above the boundary.
                if (_index.Find(keys[at]) is { } entry && entry.Offset < boundary)
                {
                    StateRecordCodec.Write(batch, new StateRecord(StateOperation.Keep, entry.Key, entry.Version, entry.Value));
                    kept.Add(entry);
                }
            }

            if (kept.Count == 0)
            {
                return Task.CompletedTask;
            }

            var first = _writer.NextOffset.Value;
            var flushed = HandOver(batch.Build());
            for (var i = 0; i < kept.Count; i++)
            {
                _index.Keep(kept[i], first + i);
            }

            return flushed;
        }
    }

    /// <summary>Ends when every change that was handed over is flushed: what it supersedes may go only then.</summary>
    private Task AllFlushed()
    {
        lock (_gate)
        {
            return Task.WhenAll(_unflushed.Values);
        }
    }

    private void EndCompaction(LogOffset boundary, long heldBytes)
    {
        int keys;
        lock (_gate)
        {
            _index.Drop(heldBytes);
            keys = _index.Count;
        }

        LogCompacted(_logger, _writer.Topic, boundary.Value, keys, heldBytes);
    }

    [LoggerMessage(EventIds.StateCompacted, LogLevel.Debug, "State in {Topic} begins at offset {Boundary} now: {Keys} keys; records of {Bytes} bytes are gone.")]
    private static partial void LogCompacted(ILogger logger, TopicName topic, long boundary, int keys, long bytes);

    [LoggerMessage(EventIds.StateNotCompacted, LogLevel.Warning, "State in {Topic} was not compacted: {Code}: {Reason} A later change tries again.")]
    private static partial void LogNotCompacted(ILogger logger, TopicName topic, MeshErrorCode code, string reason);
}
