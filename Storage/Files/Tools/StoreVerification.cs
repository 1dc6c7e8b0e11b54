using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Checks every byte of a store's directory without changing or locking anything; the work of <see cref="FileLogTools.Verify"/>. Not thread-safe.</summary>
/// <remarks>
/// Reads each segment once, from the oldest on. What a node does meanwhile is no damage: a segment that it gives back is left out, with all that was found in
/// it, and of the one that it writes, only the last group may be unfinished. Offsets that no record covers are all right if the topic's start, as it is in the end, lies beyond.
/// Takes memory by the number of topics and origins, not by that of records.
/// </remarks>
internal sealed class StoreVerification
{
    private const string RestoreAdvice = "Restore the store from a backup; without one, start the node: it says what is lost.";

    private readonly IStoreDirectory _directory;
    private readonly FindingBox _findings;
    private readonly ProgressMeter _progress;
    private readonly StoreState? _state;
    private readonly NodeId _node;
    private readonly bool _isBackup;
    private readonly SegmentAudit _segments;
    private readonly FooterAudit _footers;
    private (long Number, long LastGroup) _previous;
    private string _newest = "";
    private long _newestEnd;
    private long _knownFlushed;
    private long _lastGroup;
    private long _bytes;
    private int _count;

    private StoreVerification(IStoreDirectory directory, StoreState? copied, ProgressMeter progress)
    {
        (_directory, _progress) = (directory, progress);
        _findings = new FindingBox(DamageLog.Read(directory));
        _state = copied ?? StoreCheck.Read(directory, _findings);
        _isBackup = copied is not null || BackupMark.IsIn(directory);
        _node = _state?.Node ?? NodeId.Parse("unknown");
        _segments = new SegmentAudit(_node, _findings, progress);
        _footers = new FooterAudit(_node, _segments, _findings, progress);
        _knownFlushed = _state?.LastGroup ?? 0;
    }

    /// <summary>Checks <paramref name="directory"/>.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static VerifyReport Run(IStoreDirectory directory, IProgress<ToolProgress>? progress, CancellationToken cancellationToken)
    {
        var meter = new ProgressMeter(progress, cancellationToken);
        var verification = new StoreVerification(directory, copied: null, meter);
        var listed = ToolSegment.List(directory);
        meter.Expect(listed.Sum(static segment => segment.File.Length));
        if (verification._state is null && listed.Count == 0)
        {
            throw new EventMeshException(MeshErrorCode.StoreMissing, $"{directory.Location} holds no store: neither the file '{StoreFile.Name}' nor segments are there.");
        }

        return verification.Run(listed);
    }

    /// <summary>Checks segments that were copied to <paramref name="directory"/>, whose <c>store</c> file will say what <paramref name="copied"/> does. <paramref name="progress"/> expects their bytes.</summary>
    /// <inheritdoc cref="Run(IStoreDirectory, IProgress{ToolProgress}?, CancellationToken)"/>
    public static VerifyReport Run(IStoreDirectory directory, StoreState copied, ProgressMeter progress) =>
        new StoreVerification(directory, copied, progress).Run(ToolSegment.List(directory));

    private VerifyReport Run(IReadOnlyList<(long Number, StoreFileInfo File)> listed)
    {
        var (hasMoved, done) = (false, _progress.Done);
        for (var i = 0; i < listed.Count; i++)
        {
            hasMoved |= !Check(listed[i].Number, isNewest: i == listed.Count - 1);
            done += listed[i].File.Length;
            _progress.ReachTo(listed[i].File.Name, done);
        }

        CheckEnd();
        CheckHoles(hasMoved);
        _findings.Keep();
        return new VerifyReport(
            _directory.Location,
            _state is null ? null : new StoreDescription(_state.Node, _state.Store, _state.Incarnation, _state.IsClosed, _state.DoubtGroup),
            _count,
            _segments.Groups,
            _segments.Runs,
            _segments.Events,
            _segments.Topics.Count,
            _bytes,
            _lastGroup,
            _findings.Damaged,
            _findings.Known,
            _findings.Kept);
    }

    /// <summary>Checks a segment; false when the node has given it back.</summary>
    private bool Check(long number, bool isNewest)
    {
        _findings.Keep();
        using var first = ToolSegment.Open(_directory, number, _state?.Store);

        // The node may have put another life of the file in its place between opening it and reading its header: then it has another name by now.
        using var second = first is { IsReadable: false } ? ToolSegment.Open(_directory, number, _state?.Store) : null;
        if ((first is { IsReadable: false } ? second : first) is not { } segment)
        {
            return false;
        }

        if (!segment.IsReadable)
        {
            _findings.Damage(
                segment.File.Name, 0, "The segment's header is damaged, or that of another segment or store, so nothing in it was checked.",
                "If the file was renamed or came from elsewhere, move it away. Else start the node: it makes the header again from what follows, or says what is lost.");
        }
        else
        {
            Check(segment, isNewest);
            if (_findings.HasPending && !segment.IsStillThere(_directory))
            {
                _findings.Drop();
                return false;
            }
        }

        _count++;
        _bytes += segment.File.File.Length;
        return true;
    }

    private void Check(ToolSegment segment, bool isNewest)
    {
        CheckBegin(segment);
        CheckTrailer(segment);
        var mayBeTorn = isNewest && segment.Trailer is null && _state is not { IsClosed: true };
        var verdict = _segments.Check(segment, mayBeTorn, _knownFlushed);
        if (segment.Trailer is { } trailer)
        {
            _footers.Check(segment, trailer, verdict);
            verdict = verdict with { LastGroup = Math.Max(verdict.LastGroup, trailer.LastGroup) };
        }

        _knownFlushed = Math.Max(_knownFlushed, verdict.KnownFlushed);
        _lastGroup = Math.Max(_lastGroup, verdict.LastGroup);
        _previous = (segment.File.Number, verdict.LastGroup);
        (_newest, _newestEnd) = (segment.File.Name, verdict.End);
    }

    /// <summary>Whether the segment goes on where the one before it ends.</summary>
    private void CheckBegin(ToolSegment segment)
    {
        var header = segment.File.Header;
        var expected = _previous.LastGroup + 1;
        if (header.Number > _previous.Number + 1)
        {
            CheckMissing(_previous.Number + 1, header.Number - 1, header.IsRewritten ? expected - 1 : header.FirstGroup - 1);
        }
        else if (header.FirstGroup > expected && !header.IsRewritten)
        {
            _findings.Damage(
                _newest, _newestEnd, $"Groups {expected} to {header.FirstGroup - 1} are missing: the next segment begins behind them.", RestoreAdvice);
        }
        else if (header.FirstGroup < expected && !header.IsRewritten)
        {
            _findings.Damage(
                segment.File.Name, 0, $"The segment begins with group {header.FirstGroup}, but the one before it ends with {_previous.LastGroup}.", "Report it with both segments.");
        }
    }

    /// <summary>Whether segments that are not there were given up: else they are lost.</summary>
    private void CheckMissing(long first, long last, long lastGroup)
    {
        if (_state is null || lastGroup <= _previous.LastGroup)
        {
            return;
        }

        // The node may have given them up since the file was read.
        first = Math.Max(first, Math.Max(_state.DroppedSegment, StoreCheck.Read(_directory, new FindingBox([]))?.DroppedSegment ?? 0) + 1);
        if (first <= last)
        {
            _findings.Damage(
                SegmentFile.NameOf(first), 0, $"Segments {first} to {last} are missing, and nobody gave them up.", "Put them back, or restore the store from a backup.");
        }
    }

    /// <summary>Whether a segment that has no footer may have none.</summary>
    private void CheckTrailer(ToolSegment segment)
    {
        if (segment.Trailer is not null)
        {
            return;
        }

        // A backup is closed, but its last segment has no footer: it gets one when a node opens it.
        if (_state is { IsClosed: true } && !_isBackup)
        {
            _findings.Damage(
                segment.File.Name, segment.File.File.Length, "The store was closed, but this segment has no sound footer; nothing is lost: its groups say the same.",
                "Start the node: it makes the footer anew.");
        }
        else if (segment.HasDamagedTrailer())
        {
            _findings.Note(
                segment.File.Name, segment.File.File.Length - FooterTrailer.Bytes, "The end of the footer is not whole; nothing is lost: its groups say the same.",
                "The next start of the node makes the footer anew.");
        }
    }

    private void CheckEnd()
    {
        if (_knownFlushed > _lastGroup)
        {
            _findings.Damage(
                _newest.Length == 0 ? StoreFile.Name : _newest, _newestEnd, $"Groups {_lastGroup + 1} to {_knownFlushed} are missing: they are known to have been flushed.", RestoreAdvice);
        }

        if (_state is { } state && state.LastSegment > _previous.Number)
        {
            CheckMissing(_previous.Number + 1, state.LastSegment, long.MaxValue);
        }

        // A node that is running may have begun an incarnation since the file was read.
        var incarnation = StoreCheck.Read(_directory, new FindingBox([]))?.Incarnation ?? _state?.Incarnation;
        if (incarnation is { } begun && _segments.LastIncarnation > begun)
        {
            _findings.Damage(
                StoreFile.Name, 0, $"The log has events of incarnation {_segments.LastIncarnation}, but the store's file knows of none after {begun}.",
                "Start the node: it begins a greater one.");
        }
    }

    /// <summary>Offsets that no record covers must be ones that retention took.</summary>
    private void CheckHoles(bool hasMoved)
    {
        var open = _segments.Topics.Where(static pair => pair.Value.Hole.End > pair.Value.Start).ToList();
        if (open.Count > 0 && (hasMoved || _state is not { IsClosed: true }))
        {
            // The trim may lie behind what was read: the node has gone on meanwhile.
            var now = StoreSurvey.Take(_directory, new InspectOptions { WantsTopics = true }, null, CancellationToken.None).Topics
                .ToDictionary(static topic => topic.Topic, static topic => topic.Start.Value);
            open.RemoveAll(pair => now.GetValueOrDefault(pair.Key) >= pair.Value.Hole.End);
        }

        foreach (var (name, topic) in open.OrderBy(static pair => pair.Key))
        {
            _findings.Damage(
                SegmentFile.NameOf(topic.Hole.Segment), topic.Hole.Position,
                $"Topic '{name}' goes on at offset {topic.Hole.End}; the records at {Math.Max(topic.Hole.Start, topic.Start)} to {topic.Hole.End - 1} are missing.",
                "A segment may be missing: put it back, or restore the store from a backup.",
                _segments.IsKnownLoss(topic.Hole));
        }
    }
}
