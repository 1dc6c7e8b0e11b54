using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Tests.Files.Recovery;

/// <summary>Writes a store's files group by group, as a journal would, and knows what they say. Everything that it writes is flushed.</summary>
internal sealed class JournalBuilder : IDisposable
{
    public const long Epoch = 1_767_225_600_000;
    public static readonly NodeId Node = NodeId.Parse("home");

    private readonly IStoreDirectory _directory;
    private readonly StoreFile _store;
    private readonly Dictionary<TopicName, HeadTracker> _topics = [];
    private readonly Dictionary<TopicName, TopicHead> _heads = [];
    private readonly int _segmentBytes;
    private long _lastSegment;

    /// <summary>Makes a store.</summary>
    public JournalBuilder(IStoreDirectory directory, int segmentBytes = 64 * 1024, Incarnation? incarnation = null)
    {
        (_directory, _segmentBytes) = (directory, segmentBytes);
        Incarnation = incarnation ?? new Incarnation(Epoch);
        _store = StoreFile.Create(directory, new StoreState(0, new Guid("00112233-4455-6677-8899-aabbccddeeff"), Node, Incarnation, false, 0, 0, 0, 0, 0));
        StoreOpening.WriteTwice(_store, _store.State);
    }

    /// <summary>Goes on with a store that was opened, with topics that it does not know yet.</summary>
    public JournalBuilder(IStoreDirectory directory, RecoveredStore goesOn, int segmentBytes = 64 * 1024)
    {
        (_directory, _segmentBytes) = (directory, segmentBytes);
        _store = StoreFile.Open(directory, writable: true)!;
        (LastGroup, _lastSegment, Incarnation) = (goesOn.LastGroup, goesOn.LastSegment, goesOn.Identity.Incarnation);
    }

    public static FileStorageOptions Options { get; } = new();

    public Incarnation Incarnation { get; }

    /// <summary>What a recovery must find.</summary>
    public StoreContents Expected { get; } = new();

    public SegmentContents? Current { get; private set; }

    public long LastGroup { get; private set; }

    public StoreState State => _store.State;

    /// <summary>The time of the next group.</summary>
    public long Now { get; private set; } = Epoch;

    /// <summary>Begins the next segment; the one before stays as it is.</summary>
    public SegmentFile BeginSegment(long? knownFlushed = null, long? firstGroup = null)
    {
        var number = ++_lastSegment;
        var header = new SegmentHeader(
            _store.State.Store, number, 0, false, firstGroup ?? LastGroup + 1, knownFlushed ?? LastGroup, 0x1234_5678_9abc_def0UL * (ulong)number, Now);
        var page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        var file = _directory.Create(SegmentFile.NameOf(number), _segmentBytes);
        file.Write(0, page);
        file.Flush();
        _directory.Flush();
        _store.NoteBegun(number);
        Current = new SegmentContents(new SegmentFile(file, SegmentFile.NameOf(number), header));
        _heads.Clear();
        foreach (var (topic, tracker) in _topics)
        {
            _heads[topic] = tracker.Build();
        }

        return Current.Segment;
    }

    /// <summary>Writes a group.</summary>
    public WrittenGroup Group(Action<GroupScript> write)
    {
        if (Current is null)
        {
            BeginSegment();
        }

        Now += 1000;
        var script = new GroupScript(this);
        write(script);
        var segment = Current!.Segment;
        var position = Current.EndOfGroups;
        var bytes = script.Encode(++LastGroup, segment.Header);
        segment.File.Write(position, bytes);
        segment.File.Flush();
        var runs = script.Place(position);
        foreach (var (topic, run) in runs)
        {
            Note(topic, run);
        }

        Current.EndOfGroups += bytes.Length;
        segment.LastGroup = LastGroup;
        return new WrittenGroup(segment, LastGroup, position, bytes.Length, runs);
    }

    /// <summary>Gives the current segment its footer.</summary>
    public SegmentFile Seal(bool cut = false)
    {
        var segment = Current!.Segment;
        Current.Seal(Node, Options, topic => _heads.GetValueOrDefault(topic), cut);
        Current = null;
        return segment;
    }

    /// <summary>Seals what is open and closes the store in order.</summary>
    public void Close()
    {
        if (Current is not null)
        {
            Seal(cut: true);
        }

        _store.Write(_store.State with { IsClosed = true, LastGroup = LastGroup, LastSegment = _lastSegment });
        Dispose();
    }

    public void Dispose() => _store.Dispose();

    public HeadTracker TrackerOf(TopicName topic)
    {
        if (!_topics.TryGetValue(topic, out var tracker))
        {
            tracker = new HeadTracker(Node, Options);
            _topics.Add(topic, tracker);
        }

        return tracker;
    }

    private void Note(TopicName topic, RunDescriptor run)
    {
        var slice = Current!.SliceOf(topic);
        if (run.Kind == RunKind.Head)
        {
            slice.Head = slice.Runs.Count + slice.Changes.Count == 0 ? TrackerOf(topic).Build() : slice.Head;
            slice.Reach(LastGroup);
        }
        else
        {
            slice.Add(run, LastGroup);
            TrackerOf(topic).Apply(run, LastGroup);
        }

        Expected.Topic(topic).Take(TrackerOf(topic));
        for (var offset = run.FirstOffset; offset < run.EndOffset; offset++)
        {
            Expected.Topic(topic).Groups[offset] = LastGroup;
        }
    }
}

/// <summary>Where a group was written.</summary>
internal sealed record WrittenGroup(SegmentFile Segment, long Number, long Position, int Length, IReadOnlyList<(TopicName Topic, RunDescriptor Run)> Runs)
{
    public long TablePosition => Position + GroupHeader.Bytes;
}
