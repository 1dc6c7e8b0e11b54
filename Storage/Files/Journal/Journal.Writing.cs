using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Journal;

/// <summary>Writing: one group after the other, each flushed before the next is written.</summary>
internal sealed partial class Journal
{
    private SegmentContents? _current;
    private long _writtenBytes;
    private long _lastSegment;
    private long _lastGroup;

    /// <summary>The last group that was flushed.</summary>
    public long LastGroup => Volatile.Read(ref _lastGroup);

    /// <summary>Bytes of the groups that were flushed since the store was opened.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>Writes until nothing waits. On the writing thread.</summary>
    private void Work()
    {
        lock (_turn)
        {
            WriteAll();
        }
    }

    private void WriteAll()
    {
        while (TakeNext() is { } group)
        {
            var goesOn = TryWrite(group, out var failure);
            if (failure is not null)
            {
                Discard(failure);
            }

            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>The oldest group that is not flushed; null when there is none, and then the next hand-over schedules the work again.</summary>
    private GroupBuffer? TakeNext()
    {
        lock (_gate)
        {
            if (_failure is null && _inFlight is null && !_full.TryDequeue(out _inFlight))
            {
                (_inFlight, _gathering) = (_gathering, null);
            }

            _isScheduled = _inFlight is not null;
            return _inFlight;
        }
    }

    /// <summary>Writes a group if there is room; false when there is none, or when writing failed.</summary>
    private bool TryWrite(GroupBuffer group, out EventMeshException? failure)
    {
        failure = null;
        try
        {
            group.Finish();
            if (!HasRoom(group) && !TryBeginSegment())
            {
                return OnNoSegment(out failure);
            }

            Write(group, _current!);
            Publish(group, _current!);
            return true;
        }
        catch (IOException e)
        {
            failure = new EventMeshException(
                MeshErrorCode.LogFailed,
                $"Writing to {_current?.Segment.Name ?? "the store"} failed, so nothing more is acknowledged: {e.Message} Check the disk, then start the node again; what was acknowledged is safe.", e);
            LogWriteFailed(_current?.Segment.Name ?? "", e);
            lock (_gate)
            {
                _failure = failure;
            }

            return false;
        }
    }

    private bool HasRoom(GroupBuffer group) =>
        _current is { } current
        && (current.EndOfGroups == SegmentHeader.PageBytes || Fits(current.EndOfGroups + group.Bytes, group.HasRecords));

    /// <summary>The end of the last segment there is room for is kept for what gives room back: a full disk must not keep retention from emptying it.</summary>
    private bool Fits(long end, bool hasRecords) =>
        end <= _options.SegmentBytes && (!hasRecords || end <= _options.SegmentBytes - RoomForTrims(_options) || _spares.Ready > 0);

    /// <summary>Writes and flushes a group. Only when it is flushed may the next one be written, so every group but the last is known to be flushed.</summary>
    private void Write(GroupBuffer group, SegmentContents current)
    {
        var bytes = group.Close(_lastGroup + 1, current.Segment.Header, current.EndOfGroups);
        current.Segment.File.Write(current.EndOfGroups, bytes);
        group.Signal.CompleteWritten();
        current.Segment.File.Flush();
        Volatile.Write(ref _lastGroup, group.Number);
        Volatile.Write(ref _writtenBytes, _writtenBytes + bytes.Length);
        current.Segment.LastGroup = group.Number;
        current.EndOfGroups += bytes.Length;
    }

    /// <summary>Lets readers see a group, tells listeners, then those who wait.</summary>
    private void Publish(GroupBuffer group, SegmentContents current)
    {
        foreach (ref readonly var run in group.Runs)
        {
            lock (run.Topic.Gate)
            {
                run.Topic.Advance(_node, current, run.Run, group.Number);
            }
        }

        OnFlushed(group.Topics);
        var signal = group.Signal;
        lock (_gate)
        {
            foreach (var topic in group.Topics)
            {
                topic.LastSignal = ReferenceEquals(topic.LastSignal, signal) ? null : topic.LastSignal;
            }

            _pendingBytes -= group.PendingBytes;
            _inFlight = null;
            Recycle(group);
        }

        signal.CompleteFlushed();
    }

    /// <summary>Begins the next segment; the one before goes to be sealed. False when none is ready.</summary>
    private bool TryBeginSegment()
    {
        var header = new SegmentHeader(
            _store.Store.State.Store,
            _lastSegment + 1,
            Generation: 0,
            IsRewritten: false,
            FirstGroup: _lastGroup + 1,
            KnownFlushed: _lastGroup,
            Salt: _services.NextSalt(),
            _services.Time.GetUtcNow().ToUnixTimeMilliseconds());
        if (!_spares.TryTake(header, out var segment))
        {
            return false;
        }

        _lastSegment++;
        _store.Segments.Put(segment!);
        _store.Store.NoteBegun(_lastSegment);
        if (_current is { } full)
        {
            _sealer.Add(full);
        }

        _current = new SegmentContents(segment!);
        lock (_gate)
        {
            _blocked = null;
        }

        return true;
    }

    /// <summary>No segment is ready: waits for the one that is being made, or gives up what waits where none can be made. True when there is one after all.</summary>
    private bool OnNoSegment(out EventMeshException? failure)
    {
        failure = null;
        lock (_gate)
        {
            // One may have become ready since the spares were asked: its event then found the work still scheduled, and nobody would come back.
            if (_spares.Ready > 0)
            {
                return true;
            }

            _isScheduled = false;
            if (_spares.Blocked is not { } reason)
            {
                return false;
            }

            _blocked = $"The store has no room: {reason} Free some, or let retention take more; writing goes on by itself then.";
            failure = new EventMeshException(MeshErrorCode.LogFull, _blocked);
            return false;
        }
    }

    private void OnSparesChanged()
    {
        bool schedule;
        lock (_gate)
        {
            if (_spares.Ready > 0)
            {
                _blocked = null;
            }

            schedule = !_isScheduled && !_isClosed && _failure is null && (_inFlight is not null || _full.Count > 0 || _gathering is not null);
            _isScheduled |= schedule;
        }

        ScheduleIf(schedule);
    }

    /// <summary>Fails everything that is not flushed and takes it back: what is handed over next goes on from what is flushed.</summary>
    private void Discard(EventMeshException reason)
    {
        var lost = new List<GroupSignal>();
        lock (_gate)
        {
            // A topic can have something in several groups: it rests only when it is taken back from all of them.
            var groups = Unflushed().ToList();
            var topics = groups.SelectMany(static group => group.Topics).Distinct().ToList();
            topics.ForEach(TakeBack);
            topics.ForEach(Rest);
            foreach (var group in groups)
            {
                lost.Add(group.Signal);
                Recycle(group);
            }

            (_inFlight, _gathering, _pendingBytes) = (null, null, 0);
            _full.Clear();
        }

        foreach (var signal in lost)
        {
            signal.Fail(reason);
        }
    }

    private IEnumerable<GroupBuffer> Unflushed()
    {
        GroupBuffer?[] ends = [_inFlight, .. _full, _gathering];
        return ends.OfType<GroupBuffer>();
    }

    private static void TakeBack(TopicLog topic)
    {
        topic.LastSignal = null;
        lock (topic.Gate)
        {
            topic.HandedOver!.Take(topic.Flushed!.Build());
        }
    }

    private void Recycle(GroupBuffer group)
    {
        group.Reset(keepBytes: 4 * _options.GroupBytes);
        if (_free.Count < 2)
        {
            _free.Push(group);
        }
    }

    /// <summary>Seals what is not sealed yet and writes down that the store is closed; where something fails, the next start finds it open and recovers.</summary>
    private void CloseSegments()
    {
        try
        {
            if (_failure is not null)
            {
                return;
            }

            if (_current is { } last)
            {
                _sealer.Add(last);
                _current = null;
            }

            _sealer.SealAll(cutLast: true);
            var state = _store.Store.State;
            _store.Store.Write(state with { IsClosed = true, LastGroup = _lastGroup, LastSegment = _lastSegment });
        }
        catch (IOException e)
        {
            LogCloseFailed(e);
        }
    }

    [LoggerMessage(EventIds.JournalWriteFailed, LogLevel.Error, "Writing to {Segment} failed; nothing more is acknowledged until the node is started again")]
    private partial void LogWriteFailed(string segment, Exception exception);

    [LoggerMessage(EventIds.JournalCloseFailed, LogLevel.Warning, "The store could not be closed in order; the next start reads the end of the journal again, nothing is lost")]
    private partial void LogCloseFailed(Exception exception);
}
