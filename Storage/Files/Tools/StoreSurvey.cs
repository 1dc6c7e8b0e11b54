using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Looks through a store's directory without changing or locking anything; the work of <see cref="FileLogTools.Inspect"/>. Not thread-safe.</summary>
/// <remarks>
/// Goes from the newest segment back, so that a topic's start is known before it is asked which of its older records are still held. Reads footers, and only
/// where there is none, groups. Takes memory by the number of topics, never by that of records.
/// </remarks>
internal sealed class StoreSurvey
{
    private const int MaxAttempts = 3;

    private readonly IStoreDirectory _directory;
    private readonly TopicPattern? _pattern;
    private readonly bool _wantsTopics;
    private readonly ProgressMeter _progress;
    private readonly Dictionary<TopicName, SurveyedTopic> _topics = [];
    private readonly List<(SegmentDescription Segment, SegmentTally Tally)> _segments = [];
    private readonly List<StoreFinding> _findings = [];
    private StoreState? _state;
    private NodeId _node;
    private long _lastGroup;

    private StoreSurvey(IStoreDirectory directory, InspectOptions options, ProgressMeter progress) =>
        (_directory, _pattern, _wantsTopics, _progress) = (directory, options.Pattern, options.WantsTopics, progress);

    /// <summary>Looks through <paramref name="directory"/>; where a node gives segments back meanwhile, again.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static StoreInspection Take(IStoreDirectory directory, InspectOptions options, IProgress<ToolProgress>? progress, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var survey = new StoreSurvey(directory, options, new ProgressMeter(progress, cancellationToken));
            if (survey.Run(isLast: attempt == MaxAttempts))
            {
                return survey.Result();
            }
        }
    }

    /// <summary>False when segments went meanwhile: what they held may have gone on in segments that were not there yet.</summary>
    private bool Run(bool isLast)
    {
        var listed = ToolSegment.List(_directory);
        ReadStore(listed.Count > 0);
        _progress.Expect(listed.Sum(static segment => segment.File.Length));
        var hasMoved = false;
        for (var i = listed.Count - 1; i >= 0; i--)
        {
            using var segment = ToolSegment.Open(_directory, listed[i].Number, _state?.Store);
            hasMoved |= segment is null;
            if (segment is not null)
            {
                Add(segment, listed[i].Number, isNewest: i == listed.Count - 1);
            }

            _progress.Reach(listed[i].File.Name, listed[i].File.Length);
        }

        if (hasMoved && isLast)
        {
            _findings.Add(new StoreFinding(
                StoreFindingKind.Note, StoreFile.Name, 0, "The node gave segments back while they were read; topics that had nothing but those may be missing here."));
        }

        return !hasMoved || isLast;
    }

    private StoreInspection Result()
    {
        foreach (var topic in _topics.Values)
        {
            topic.Settle();
        }

        _segments.Reverse();
        return new StoreInspection(
            _directory.Location,
            _state is null ? null : new StoreDescription(_state.Node, _state.Store, _state.Incarnation, _state.IsClosed, _state.DoubtGroup),
            _lastGroup,
            [.. _segments.Select(static pair => pair.Segment with
            {
                Topics = pair.Tally.Topics, RecordBytes = pair.Tally.RecordBytes, LiveRecordBytes = pair.Tally.LiveRecordBytes,
            })],
            _topics.Count,
            [.. _topics.Where(pair => IsWanted(pair.Key)).OrderBy(static pair => pair.Key).Select(static pair => pair.Value.Describe())],
            DamageLog.Read(_directory),
            _findings);
    }

    private void ReadStore(bool hasSegments)
    {
        try
        {
            using var file = StoreFile.Open(_directory, writable: false);
            _state = file?.State;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            _findings.Add(new StoreFinding(StoreFindingKind.Damage, StoreFile.Name, 0, e.Message));
        }

        if (_state is null && !hasSegments)
        {
            throw new EventMeshException(MeshErrorCode.StoreMissing, $"{_directory.Location} holds no store: neither the file '{StoreFile.Name}' nor segments are there.");
        }

        if (_state is null && _findings.Count == 0)
        {
            _findings.Add(new StoreFinding(
                StoreFindingKind.Damage, StoreFile.Name, 0, "The file is missing, so whose store it is cannot be told.", "Restore it from a backup."));
        }

        // Own positions come without a name where they are read from groups; any name tells them apart from those of others.
        _node = _state?.Node ?? NodeId.Parse("unknown");
    }

    private void Add(ToolSegment segment, long number, bool isNewest)
    {
        var tally = new SegmentTally();
        var header = segment.File.Header;
        var file = segment.File.File;
        if (!segment.IsReadable)
        {
            _findings.Add(new StoreFinding(
                StoreFindingKind.Damage, segment.File.Name, 0, "The segment's header is damaged, so nothing in it is shown.",
                "Start the node: it makes the header again from what follows, or says what is lost where that is damaged too."));
            _segments.Add((new SegmentDescription(number, 0, SegmentCondition.Unreadable, false, default, 0, 0, 0, file.Length, 0, 0, 0), tally));
            return;
        }

        var (lastGroup, end) = segment.Trailer is { } trailer && AddFooter(segment, trailer, tally) is { } footer
            ? footer
            : AddGroups(segment, tally, isNewest);
        _lastGroup = Math.Max(_lastGroup, lastGroup);
        _segments.Add((new SegmentDescription(
            number,
            header.Generation,
            segment.Trailer is null ? SegmentCondition.Open : SegmentCondition.Sealed,
            header.IsRewritten,
            ToolTime.From(header.CreatedUnixMs),
            header.FirstGroup,
            lastGroup,
            0,
            file.Length,
            end,
            0,
            0), tally));
    }

    /// <summary>Takes up what a footer says; null where its directory is damaged: then the groups say it.</summary>
    private (long LastGroup, long End)? AddFooter(ToolSegment segment, in FooterTrailer trailer, SegmentTally tally)
    {
        if (FooterReader.ReadDirectory(segment.File.File, trailer) is not { } entries)
        {
            _findings.Add(new StoreFinding(
                StoreFindingKind.Damage, segment.File.Name, trailer.DirectoryPosition, "The directory of the footer is damaged; the groups say the same.",
                "Start the node again: it makes the footer anew."));
            return null;
        }

        foreach (var entry in entries)
        {
            var head = IsWanted(entry.Topic) ? ReadHead(segment, entry) : null;
            TopicOf(entry.Topic).Add(tally, head ?? HeadOf(entry), isComplete: true, entry.Slice.FirstOffset, entry.Slice.RecordBytes);
        }

        return (trailer.LastGroup, trailer.FooterPosition);
    }

    private TopicHead? ReadHead(ToolSegment segment, DirectoryEntry entry)
    {
        if (TopicOf(entry.Topic).IsComplete)
        {
            return null;
        }

        try
        {
            return SectionReader.Read(segment.File, entry.Slice).Head;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            _findings.Add(new StoreFinding(
                StoreFindingKind.Damage, segment.File.Name, entry.Slice.Position, e.Message, "Run 'eventmesh log verify' to see what else is."));
            return null;
        }
    }

    private (long LastGroup, long End) AddGroups(ToolSegment segment, SegmentTally tally, bool isNewest)
    {
        var scanner = new SteadyScanner(segment);
        var groups = new SurveyedGroups(_node);
        var (lastGroup, end) = (segment.File.Header.FirstGroup - 1, scanner.Position);
        while (scanner.Next() is { } group)
        {
            _progress.Check();
            if (scanner.IsAtTail && isNewest)
            {
                _findings.Add(new StoreFinding(
                    StoreFindingKind.Note, segment.File.Name, group.Position, $"Group {group.LastNumber} is not whole and is left out: it is just being written, or its writing was cut short."));
                break;
            }

            if (group.State != GroupState.Sound)
            {
                _findings.Add(new StoreFinding(
                    StoreFindingKind.Damage, segment.File.Name, group.Position, $"Groups {group.FirstNumber} to {group.LastNumber} are damaged.", "Run 'eventmesh log verify' to see what they held."));
            }

            groups.Add(segment.File.File, group);
            (lastGroup, end) = (group.LastNumber, scanner.Position);
        }

        groups.AddTo(tally, TopicOf);
        return (lastGroup, end);
    }

    private static TopicHead HeadOf(in DirectoryEntry entry) =>
        new(entry.Start, entry.Next, entry.LastAppendUnixMs, 0, entry.DeletedAtUnixMs, 0, [], []);

    private bool IsWanted(TopicName topic) => _wantsTopics && (_pattern is null || _pattern.Value.Matches(topic));

    private SurveyedTopic TopicOf(TopicName name)
    {
        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = new SurveyedTopic(name);
            _topics.Add(name, topic);
        }

        return topic;
    }
}
