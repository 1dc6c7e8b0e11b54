using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Copies a store that a node may be writing to, so that the copy is one that the node could have left; the work of <see cref="FileLogTools.Backup"/>. Not thread-safe.</summary>
/// <remarks>
/// <para>Segments are copied from the oldest on. One that the node gives back meanwhile is left out: it held nothing, and the heads of its topics and the trims
/// that emptied it were flushed into later segments before. Those are copied after that was noticed, up to the end that the journal has then. For the same reason it does no harm
/// when a segment that was copied is given back or rewritten later.</para>
/// <para>The <c>store</c> file is read last: the incarnation that it names is then that of every event in the copy, or a greater one.</para>
/// </remarks>
internal sealed class StoreBackup
{
    private readonly IStoreDirectory _source;
    private readonly IBackupPlace _place;
    private readonly TimeProvider _time;
    private readonly ProgressMeter _progress;
    private readonly FindingBox _findings;
    private readonly StoreState _state;
    private readonly SegmentCopier _copier;
    private readonly SortedDictionary<long, CopiedSegment> _copied = [];
    private long _copiedBytes;

    private StoreBackup(IStoreDirectory source, IBackupPlace place, TimeProvider time, ProgressMeter progress)
    {
        (_source, _place, _time, _progress) = (source, place, time, progress);
        _findings = new FindingBox(DamageLog.Read(source));
        _state = ReadState();
        _copier = new SegmentCopier(source, place, _state.Store, _findings, progress);
    }

    /// <summary>Makes a backup of <paramref name="source"/>.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>, <c>LogCorrupted</c>: whose store it is cannot be told. <c>TargetOccupied</c>: the place has another store's backup.</exception>
    /// <exception cref="IOException">A disk failed or is full; the place is as it was.</exception>
    public static BackupReport Run(
        IStoreDirectory source, IBackupPlace place, TimeProvider time, IProgress<ToolProgress>? progress, CancellationToken cancellationToken) =>
        new StoreBackup(source, place, time, new ProgressMeter(progress, cancellationToken)).Run();

    private BackupReport Run()
    {
        CheckPresent();
        _progress.Expect(ToolSegment.List(_source).Sum(static segment => segment.File.Length));
        for (var from = 0L; CopyFrom(from);)
        {
            // Something was given back: what it left behind may lie behind what was copied.
            from = _copied.Count == 0 ? 0 : _copied.Keys.Last();
        }

        CopyDamageLog();
        var state = WriteState();
        _progress.Check();
        _place.Next.Flush();
        _place.Commit();
        _findings.Keep();
        return new BackupReport(
            _place.Location,
            state.Node,
            state.Incarnation,
            state.LastGroup,
            _copied.Count,
            _copied.Values.Count(static segment => segment.IsReused),
            _copied.Values.Sum(static segment => segment.Bytes),
            _copiedBytes,
            _findings.Damaged,
            _findings.Kept);
    }

    private StoreState ReadState()
    {
        using var file = StoreFile.Open(_source, writable: false);
        return file?.State
            ?? throw new EventMeshException(MeshErrorCode.StoreMissing, $"{_source.Location} holds no store: the file '{StoreFile.Name}' is missing.");
    }

    /// <summary>What is there may be replaced only by a later backup of the same store.</summary>
    private void CheckPresent()
    {
        if (_place.Present is not { } present)
        {
            return;
        }

        using var file = StoreFile.Open(present, writable: false);
        var mark = BackupMark.Read(present);
        var reason = mark is null || file is null ? "is no backup"
            : mark.StoreId != _state.Store || file.State.Store != _state.Store ? $"is a backup of another store, of node '{mark.Node}'"
            : mark.Counter != file.State.Counter ? "is no backup any more: a node has opened it since it was made"
            : null;
        if (reason is not null)
        {
            throw new EventMeshException(MeshErrorCode.TargetOccupied, $"{_place.Location} {reason}. Name another directory.");
        }
    }

    /// <summary>Copies the segments from <paramref name="from"/> on; true when one was given back meanwhile.</summary>
    private bool CopyFrom(long from)
    {
        var hasMoved = false;
        var numbers = ToolSegment.List(_source).Select(static segment => segment.Number).Where(number => number >= from).ToList();
        for (var i = 0; i < numbers.Count; i++)
        {
            _copied.Remove(numbers[i]);
            if (_copier.Copy(numbers[i], isNewest: i == numbers.Count - 1) is { } copied)
            {
                _copied.Add(numbers[i], copied);
                _copiedBytes += copied.IsReused ? 0 : copied.Bytes;
            }
            else
            {
                hasMoved = true;
            }
        }

        return hasMoved;
    }

    /// <summary>What the node knows to be damaged is so in the backup, and must not pass for news there.</summary>
    private void CopyDamageLog()
    {
        if (_source.List().Any(static file => file.Name == DamageReport.LogName))
        {
            using var log = _source.Open(DamageReport.LogName, writable: false);
            FileCopy.Copy(log, _place.Next, DamageReport.LogName, log.Length, _progress);
        }
    }

    private StoreState WriteState()
    {
        var state = ReadState();
        if (state.Store != _state.Store)
        {
            throw new EventMeshException(MeshErrorCode.StoreMissing, $"Another store was put into {_source.Location} while it was copied.");
        }

        var last = _copied.Values.Aggregate(_state.LastGroup, static (last, segment) => Math.Max(last, Math.Max(segment.LastGroup, segment.KnownFlushed)));
        state = state with
        {
            Counter = 0,
            IsClosed = true,
            LastGroup = last,

            // As of the beginning: the node may have begun segments behind the end of the copy, which are not missing in it.
            LastSegment = Math.Max(_state.LastSegment, _copied.Count == 0 ? 0 : _copied.Keys.Last()),
        };
        using var file = StoreFile.Create(_place.Next, state);
        StoreOpening.WriteTwice(file, state);
        new BackupMark(state.Node.Value, state.Store, _time.GetUtcNow(), last, file.State.Counter).Write(_place.Next);
        return state;
    }
}
