using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Copies a backup into an empty directory and checks the copy; the work of <see cref="FileLogTools.Restore"/>. Not thread-safe.</summary>
/// <remarks>
/// <para>The <c>store</c> file is written last: until it is there, no node opens the directory. A restore that was cut short has left a file that says so, and begins anew.</para>
/// <para>The node may have lived on after the backup, in incarnations that only its peers know. Each began at the time of its start, so a time that is not before now, by
/// any clock that is not far off, is above them all. With a greater one the node's first event of a topic follows what the backup holds, and peers that hold more take it as the
/// origin having lost its end: they keep what they have, and nothing of it is given to another event.</para>
/// </remarks>
internal sealed class StoreRestore
{
    /// <summary>A directory with this file is one that a restore has not finished. A start of a node would remove it with other unfinished files, but finds no store.</summary>
    public const string MarkName = "restore.new";

    /// <summary>How much the clocks of the machines that a node has run on may differ.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(10);

    private readonly IStoreDirectory _backup;
    private readonly IStoreDirectory _target;
    private readonly ProgressMeter _progress;

    private StoreRestore(IStoreDirectory backup, IStoreDirectory target, ProgressMeter progress) =>
        (_backup, _target, _progress) = (backup, target, progress);

    /// <summary>Restores <paramref name="backup"/>, a backup or a store that was closed, to <paramref name="target"/>, which the caller has locked.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>, <c>LogCorrupted</c>: whose store it is cannot be told. <c>InvalidArgument</c>: the store was not closed. <c>TargetOccupied</c>.</exception>
    /// <exception cref="IOException">A disk failed or is full.</exception>
    public static RestoreReport Run(
        IStoreDirectory backup,
        IStoreDirectory target,
        RestoreOptions options,
        TimeProvider time,
        IProgress<ToolProgress>? progress,
        CancellationToken cancellationToken) =>
        new StoreRestore(backup, target, new ProgressMeter(progress, cancellationToken)).Run(options, time);

    /// <summary>Refuses a directory that holds anything; what an earlier restore has not finished does not count.</summary>
    /// <exception cref="EventMeshException"><c>TargetOccupied</c>.</exception>
    public static void CheckEmpty(IStoreDirectory target)
    {
        var files = target.List().Where(static file => file.Name != DiskDirectory.LockName).ToList();
        if (files.Count > 0 && !files.Exists(static file => file.Name == MarkName))
        {
            throw new EventMeshException(
                MeshErrorCode.TargetOccupied, $"{target.Location} is not empty: it holds '{files[0].Name}'. Name an empty directory, or move what is there away.");
        }
    }

    private RestoreReport Run(RestoreOptions options, TimeProvider time)
    {
        var state = ReadState();
        CheckEmpty(_target);
        Clear();
        _target.Create(MarkName, 0).Dispose();
        _target.Flush();
        var segments = ToolSegment.List(_backup);

        // Once to copy and once to check.
        _progress.Expect(2 * segments.Sum(static segment => segment.File.Length));
        var bytes = segments.Sum(segment => Copy(segment.File.Name));
        if (_backup.List().Any(static file => file.Name == DamageReport.LogName))
        {
            Copy(DamageReport.LogName);
        }

        var check = StoreVerification.Run(_target, state, _progress);
        var isDone = check.IsSound || options.AcceptsDamage;
        var begun = isDone ? Finish(state, options, time) : state.Incarnation;
        if (!isDone)
        {
            Clear();
        }

        return new RestoreReport(
            _target.Location, isDone, state.Node, BackupMark.Read(_backup)?.MadeAt, begun, segments.Count, bytes, check.DamageCount, check.Findings);
    }

    private StoreState ReadState()
    {
        using var file = StoreFile.Open(_backup, writable: false);
        var state = file?.State
            ?? throw new EventMeshException(MeshErrorCode.StoreMissing, $"{_backup.Location} holds no backup: the file '{StoreFile.Name}' is missing.");
        return state.IsClosed
            ? state
            : throw new EventMeshException(
                MeshErrorCode.InvalidArgument,
                $"The store in {_backup.Location} is open, or was not closed in order. Make a backup of it with 'eventmesh log backup', and restore that.");
    }

    private long Copy(string name)
    {
        using var file = _backup.Open(name, writable: false);
        var length = file.Length;
        FileCopy.Copy(file, _target, name, length, _progress);
        return length;
    }

    /// <summary>Makes the directory a store; durable when it returns.</summary>
    private Incarnation Finish(StoreState state, RestoreOptions options, TimeProvider time)
    {
        var now = new Incarnation((time.GetUtcNow() + ClockTolerance).ToUnixTimeMilliseconds());
        var begun = new[] { state.Incarnation, options.Above, now }.Max();
        state = state with { Counter = 0, Incarnation = begun };
        _target.Flush();
        using (var file = StoreFile.Create(_target, state))
        {
            StoreOpening.WriteTwice(file, state);
        }

        _target.Delete(MarkName);
        _target.Flush();
        return begun;
    }

    /// <summary>Removes what a restore makes, the mark last.</summary>
    private void Clear()
    {
        var files = _target.List();
        foreach (var file in files)
        {
            if (SegmentFinder.TryParse(file.Name, out _) || file.Name is DamageReport.LogName or StoreFile.Name or StoreFile.Name + ".new")
            {
                _target.Delete(file.Name);
            }
        }

        _target.Flush();
        if (files.Any(static file => file.Name == MarkName))
        {
            _target.Delete(MarkName);
            _target.Flush();
        }
    }
}
