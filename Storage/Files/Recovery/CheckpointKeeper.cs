using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Journal;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Writes a checkpoint in the background when enough has been sealed since the last one, so that a start reads few footers and checkpoints cost little. Thread-safe.</summary>
/// <remarks>
/// The rule: at least <see cref="BytesPerByte"/> bytes of journal for each byte of checkpoint, which bounds what checkpoints add to all that is written. Where one
/// cannot be written it says so, once until it works again, and the next seal tries again: without one a start takes longer, nothing else.
/// </remarks>
internal sealed partial class CheckpointKeeper : IDisposable
{
    /// <summary>Bytes of sealed segments for each byte that a checkpoint has.</summary>
    public const int BytesPerByte = 4;

    private readonly Lock _turn = new();
    private readonly Lock _gate = new();
    private readonly IStoreDirectory _directory;
    private readonly RecoveredStore _store;
    private readonly IWorkScheduler _background;
    private readonly ILogger _logger;
    private readonly Action _work;
    private long _lastSealed;
    private long _lastBytes;
    private long _sealedBytes;
    private bool _isScheduled;
    private bool _isFailing;
    private bool _isClosed;

    /// <summary>Creates it for a store that has just been opened; <see cref="Begin"/> catches up.</summary>
    public CheckpointKeeper(IStoreDirectory directory, RecoveredStore store, FileLogServices services)
    {
        (_directory, _store, _background, _logger) = (directory, store, services.Background, services.Logger);
        _work = Work;
        _lastSealed = store.Segments.All() is { Count: > 0 } all ? all[^1].Number : 0;
        (_lastBytes, _sealedBytes) = store.Debt;
    }

    /// <summary>Writes one in the background if the opening had to read enough that it had nothing to say about.</summary>
    public void Begin() => Note(_lastSealed, 0);

    /// <summary>Says that a segment is sealed and that its topics know the footer's slices. Segments come in order of their numbers.</summary>
    public void OnSealed(SegmentFile segment) => Note(segment.Number, segment.File.Length);

    /// <summary>Says that a segment was rewritten: a start reads its footer, whatever the checkpoint says.</summary>
    public void OnRewritten(SegmentFile segment)
    {
        lock (_gate)
        {
            _sealedBytes += segment.File.Length;
        }
    }

    /// <summary>
    /// Removes the checkpoint; durable when it returns, and the next seal writes another. Topics that are forgotten must not be named by one that is older than what they may
    /// begin anew.
    /// </summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Remove()
    {
        lock (_turn)
        {
            _directory.Delete(CheckpointFile.Name);
            _directory.Flush();
            lock (_gate)
            {
                _sealedBytes += Math.Max(1, BytesPerByte * _lastBytes);
            }
        }
    }

    /// <summary>Writes one on this thread, unless the last one covers everything. Never throws because of the disk.</summary>
    public void Write()
    {
        lock (_turn)
        {
            long last, bytes;
            lock (_gate)
            {
                (last, bytes) = (_lastSealed, _sealedBytes);
            }

            if (bytes > 0 && !_isClosed)
            {
                TryWrite(last, bytes);
            }
        }
    }

    /// <summary>Writes no more; waits for one that is being written.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _isClosed = true;
        }
    }

    private void Note(long lastSealed, long bytes)
    {
        lock (_gate)
        {
            _lastSealed = lastSealed;
            _sealedBytes += bytes;
            if (_isScheduled || _sealedBytes == 0 || _sealedBytes < BytesPerByte * _lastBytes)
            {
                return;
            }

            _isScheduled = true;
        }

        _background.Schedule(_work);
    }

    private void Work()
    {
        lock (_gate)
        {
            _isScheduled = false;
        }

        Write();
    }

    private void TryWrite(long last, long bytes)
    {
        try
        {
            // The list comes first: a segment that goes meanwhile is listed and has no slices, which a start can tell from one that is missing.
            var segments = _store.Segments.All().Where(segment => segment.Number <= last).ToList();
            var length = CheckpointFile.Write(_directory, _store.Store.State.Store, segments, _store.Topics, LastFlushed);
            lock (_gate)
            {
                (_lastBytes, _sealedBytes) = length > 0 ? (length, _sealedBytes - bytes) : (_lastBytes, _sealedBytes);
                _isFailing = false;
            }
        }
        catch (IOException e)
        {
            var isNew = !_isFailing;
            _isFailing = true;
            if (isNew)
            {
                LogFailed(_directory.Location, e);
            }
        }
    }

    /// <summary>The last group that is flushed: a segment is told of a group between its flush and its publishing.</summary>
    private long LastFlushed() => _store.Segments.All() is { Count: > 0 } all ? all[^1].LastGroup : 0;

    [LoggerMessage(EventIds.CheckpointFailed, LogLevel.Warning, "No checkpoint could be written in {Location}; the next start takes longer, and it is tried again when the next segment is sealed")]
    private partial void LogFailed(string location, Exception exception);
}
