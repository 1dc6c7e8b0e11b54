using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Opens a store: finds out what its files hold, whatever state the last life left them in. See "Opening" in <c>docs/formats/journal.md</c>.</summary>
/// <remarks>
/// Checkpoint and footers say what sealed segments hold; only a segment without a footer is read through, and is sealed. Nothing is shown before it is durable.
/// Damage is reported and named, never fatal: what can be read is served. Only the <c>store</c> file, a version that is not known, and a disk that fails
/// stop it. One thread.
/// </remarks>
internal sealed partial class StoreRecovery
{
    private const int MaxWindows = 16;

    private readonly IStoreDirectory _directory;
    private readonly FileStorageOptions _options;
    private readonly DamageReport _damage;
    private readonly ILogger _logger;
    private readonly StoreOpening _opening;
    private readonly List<FoundSegment> _segments = [];
    private readonly TopicCollector _topics = new();
    private readonly LostGroups _lost = new();
    private readonly Dictionary<long, SegmentFile> _files = [];
    private readonly Dictionary<long, SectionWindow> _windows = [];
    private CheckpointContent? _checkpoint;
    private long _bytesRead;

    private StoreRecovery(IStoreDirectory directory, FileStorageOptions options, StoreOpening opening, DamageReport damage, ILogger logger) =>
        (_directory, _options, _opening, _damage, _logger) = (directory, options, opening, damage, logger);

    private StoreState State => _opening.File.State;

    /// <summary>Opens the store of <paramref name="node"/> in <paramref name="directory"/>, or makes one where there is none.</summary>
    /// <param name="directory">The directory; the caller has locked it.</param>
    /// <param name="options">The store's options.</param>
    /// <param name="node">The node.</param>
    /// <param name="heardOf">The greatest incarnation of the node that was heard of elsewhere; the one that begins is greater.</param>
    /// <param name="services">Clock, randomness and logger.</param>
    /// <param name="damage">Keeps the evidence of damage.</param>
    /// <exception cref="EventMeshException"><c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>, or <c>LogCorrupted</c> where it cannot be told whose store, or segment, it is.</exception>
    /// <exception cref="IOException">The disk failed, or is full although all that is not needed was removed; it may be opened again.</exception>
    public static RecoveredStore Open(
        IStoreDirectory directory, FileStorageOptions options, NodeId node, Incarnation heardOf, FileLogServices services, DamageReport damage)
    {
        var opening = StoreOpening.Begin(directory, node, heardOf, services);
        var recovery = new StoreRecovery(directory, options, opening, damage, services.Logger);
        try
        {
            return recovery.Run(services.Time);
        }
        catch (Exception)
        {
            recovery._segments.ForEach(static segment => segment.File.File.Dispose());
            opening.File.Dispose();
            throw;
        }
    }

    private RecoveredStore Run(TimeProvider time)
    {
        var damagedBefore = _damage.Count;
        if (_opening.File.HadUnsoundSlot)
        {
            LogUnsoundSlot(_directory.Location);
        }

        ReadCheckpoint();
        var unreadable = FindSegments();
        var end = new JournalEnd(_segments, Math.Max(State.LastGroup, _checkpoint?.LastGroup ?? 0), _opening.WasClosed);
        var kept = ReadSegments(end);
        LoseUnreadable(unreadable, kept);
        new MissingSegments(kept.All(), State, _checkpoint, _damage, _lost).Check(_topics, end.KnownFlushed, _opening.WasClosed);
        var lastGroup = Remember(Math.Max(end.KnownFlushed, kept.All().Aggregate(0L, static (last, segment) => Math.Max(last, segment.LastGroup))), time);
        var table = new TopicTable(_options);
        _topics.Load(table);
        return new RecoveredStore(
            _opening.File,
            new NodeIdentity(State.Node, State.Incarnation),
            kept,
            table,
            _segments.Aggregate(Math.Max(State.LastSegment, _checkpoint?.LastSegment ?? 0), static (last, segment) => Math.Max(last, segment.File.Number)),
            lastGroup,
            _topics.LastAppendUnixMs,
            _damage.Count - damagedBefore,
            new CheckpointDebt(_checkpoint?.Bytes ?? 0, _bytesRead));
    }

    private void ReadCheckpoint()
    {
        if (!_directory.List().Any(static file => file.Name == CheckpointFile.Name))
        {
            return;
        }

        using var file = _directory.Open(CheckpointFile.Name, writable: false);
        _checkpoint = CheckpointReader.Read(file, State.Store, _topics);
        if (_checkpoint is null)
        {
            _topics.Clear();
            _damage.OnDamaged(CheckpointFile.Name, 0, file.Length, "the checkpoint: the footers of all segments are read instead, and it is written again, nothing is lost");
        }
    }

    /// <summary>Opens every segment; returns the numbers of those that nothing could be read of.</summary>
    private List<long> FindSegments()
    {
        var covered = (_checkpoint?.Segments ?? []).ToDictionary(static segment => segment.Number);
        var unreadable = new List<long>();
        var finder = new SegmentFinder(_directory, State.Store, _damage);
        foreach (var file in _directory.List())
        {
            if (!SegmentFinder.TryParse(file.Name, out var number))
            {
                continue;
            }

            if (finder.Open(file.Name, number) is not { } segment)
            {
                unreadable.Add(number);
                continue;
            }

            var isCovered = covered.Remove(number, out var cover) && cover.Generation == segment.Header.Generation;
            if (isCovered)
            {
                (segment.LastGroup, segment.IsSealed) = (cover.LastGroup, true);
                _files[number] = segment;
            }

            _segments.Add(new FoundSegment(segment, isCovered ? null : FooterReader.ReadTrailer(segment.File, number, segment.Header.Generation), isCovered));
        }

        if (_checkpoint is not null && (covered.Count > 0 || _segments.Any(segment => !segment.IsCovered && segment.File.Number <= _checkpoint.LastSegment)))
        {
            var there = _segments.ToDictionary(static segment => segment.File.Number, static segment => segment.File.Header.Generation);
            _topics.KeepOnly(
                slice => there.TryGetValue(slice.Segment, out var generation) && generation == slice.Generation, slice => !there.ContainsKey(slice.Segment));
        }

        return unreadable;
    }

    private SegmentSet ReadSegments(JournalEnd end)
    {
        var kept = new SegmentSet();
        var reader = new GroupReader(_segments, end, _lost, _damage, _logger);
        var lastGroup = 0L;
        for (var i = 0; i < _segments.Count; i++)
        {
            // The last one stays in any case, since its number says how far the journal went, and so does one that group numbers would miss.
            var found = _segments[i];
            var mustHold = i < _segments.Count - 1 && lastGroup >= found.File.Header.FirstGroup - 1;
            if (found.IsCovered || ReadFooter(found, mustHold) || ReadGroups(reader, i, mustHold))
            {
                kept.Put(found.File);
                lastGroup = found.File.LastGroup;
            }
            else
            {
                Remove(found.File);
            }
        }

        return kept;
    }

    /// <summary>Takes up a segment that has a sound footer; false when it has none, or when it holds nothing although it <paramref name="mustHold"/> something to stay.</summary>
    private bool ReadFooter(FoundSegment found, bool mustHold)
    {
        if (found.Trailer is not { } trailer)
        {
            return false;
        }

        if (FooterReader.ReadDirectory(found.File.File, trailer) is not { } entries)
        {
            _damage.OnDamaged(
                found.File, trailer.DirectoryPosition, trailer.DirectoryBytes, "the directory of the segment's footer: it is made again from the groups");
            return false;
        }

        found.File.LastGroup = trailer.LastGroup;
        found.File.IsSealed = true;
        if (entries.Length == 0 && mustHold)
        {
            return false;
        }

        Take(found.File, entries);
        return true;
    }

    /// <summary>Takes up a segment by its groups, and seals it; false when it holds nothing although it <paramref name="mustHold"/> something to stay.</summary>
    private bool ReadGroups(GroupReader reader, int index, bool mustHold)
    {
        var found = _segments[index];
        var read = reader.Read(index);
        if (mustHold && read.Contents.Slices.Count == 0 && !read.IsDamaged)
        {
            return false;
        }

        Take(found.File, Seal(read));
        LogRead(found.File.Name, read.Contents.Slices.Count, found.File.LastGroup);
        return true;
    }

    /// <summary>Removes a segment that was begun and that nothing came of. Its number is not given again, since a later one is there.</summary>
    private void Remove(SegmentFile segment)
    {
        segment.File.Dispose();
        _directory.Delete(segment.Name);
        _directory.Flush();
    }

    private void Take(SegmentFile segment, DirectoryEntry[] entries)
    {
        _bytesRead += segment.File.Length;
        _files[segment.Number] = segment;
        _topics.Expect(entries.Length);
        if (segment.Number > (_checkpoint?.LastSegment ?? 0))
        {
            _topics.Add(entries);
        }
        else
        {
            _topics.Insert(entries);
        }
    }

    private DirectoryEntry[] Seal(ReadSegment read)
    {
        var number = read.Contents.Segment.Number;
        TopicHead? HeadBefore(Core.Topics.TopicName topic) => this.HeadBefore(topic, number) ?? read.OtherHead(topic);
        try
        {
            return read.Contents.Seal(State.Node, _options, HeadBefore, cut: true);
        }
        catch (DiskFullException)
        {
            // Room that was only taken ahead must not keep a store from opening.
            foreach (var file in _directory.List().Where(static file => SpareSegments.IsSpare(file.Name)))
            {
                _directory.Delete(file.Name);
            }

            return read.Contents.Seal(State.Node, _options, HeadBefore, cut: true);
        }
    }

    /// <summary>The topic's head at the end of its newest slice before a segment, made again from groups where its section is damaged.</summary>
    private TopicHead? HeadBefore(Core.Topics.TopicName topic, long number)
    {
        if (_topics.LastSliceBefore(topic, number) is not { } slice)
        {
            return null;
        }

        var segment = _files[slice.Segment];
        try
        {
            return WindowOf(segment).Read(slice).Head;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            _damage.OnDamaged(segment, slice.Position, slice.Length, $"the footer's section of topic '{topic}': what it said is read from the groups");
            return SliceBuilder.Build(State.Node, _options, SectionRebuilder.Scan(segment, topic), HeadBefore(topic, slice.Segment)).Head;
        }
    }

    /// <summary>Few are kept: topics that lie side by side in one footer mostly lie side by side in the others.</summary>
    private SectionWindow WindowOf(SegmentFile segment)
    {
        if (!_windows.TryGetValue(segment.Number, out var window))
        {
            if (_windows.Count == MaxWindows)
            {
                _windows.Clear();
            }

            window = new SectionWindow(segment);
            _windows.Add(segment.Number, window);
        }

        return window;
    }

    /// <summary>Adds up what segments can have held of which nothing can be read.</summary>
    private void LoseUnreadable(List<long> unreadable, SegmentSet kept)
    {
        foreach (var number in unreadable.Where(number => number > (_checkpoint?.LastSegment ?? 0)))
        {
            // As many groups as fit, if no later segment says how many there were. What the file has now may be less than it had.
            var before = kept.All().LastOrDefault(segment => segment.Number < number)?.LastGroup ?? 0;
            var after = kept.All().FirstOrDefault(segment => segment.Number > number)?.Header.FirstGroup;
            _lost.Add(after - 1 ?? before + (LostGroups.MaxSegmentBytes / GroupHeader.Bytes), LostGroups.MaxSegmentBytes);
        }
    }

    /// <summary>Writes down what this opening has found out and what the next one must know; returns the last group number that is taken.</summary>
    private long Remember(long lastGroup, TimeProvider time)
    {
        if (_opening.WasClosed && lastGroup > State.LastGroup)
        {
            _damage.OnDamaged(StoreFile.Name, 0, StoreState.SlotBytes, $"the store's file: it says that the journal ends with group {State.LastGroup}, but it goes on to {lastGroup}");
        }

        var next = _lost.AddTo(State);
        if (_topics.LastIncarnation >= next.Incarnation)
        {
            // The newer copy of the store's file was lost: the log itself knows what the node has begun.
            next = next with { Incarnation = Incarnation.Next(_topics.LastIncarnation, time.GetUtcNow()) };
        }

        if (next != State)
        {
            StoreOpening.WriteTwice(_opening.File, next);
        }

        return Math.Max(lastGroup, next.DoubtGroup);
    }

    [LoggerMessage(EventIds.SegmentRead, LogLevel.Information, "{Segment} had no footer: its groups were read, up to {LastGroup}, and it was sealed with {Topics} topics")]
    private partial void LogRead(string segment, int topics, long lastGroup);

    [LoggerMessage(EventIds.StoreSlotUnsound, LogLevel.Warning, "One of the two copies in {Location}/store was damaged, or its writing was cut short; the other one holds, and it was written again")]
    private partial void LogUnsoundSlot(string location);
}
