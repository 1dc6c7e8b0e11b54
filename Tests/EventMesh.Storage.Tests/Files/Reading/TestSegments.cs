using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Reading;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Reading;

/// <summary>Segments that a test writes run by run, sealed or not, with the topics that they make: what a reader finds in a store.</summary>
internal sealed class TestSegments : IDamageSink
{
    public static readonly NodeId Home = NodeId.Parse("home");

    private readonly FileStorageOptions _options = new();
    private readonly List<SegmentContents> _open = [];
    private readonly List<(TopicLog Topic, RunDescriptor Run, byte[] Bytes)> _gathering = [];
    private readonly TopicHeads _heads;
    private long _lastSegment;
    private long _lastGroup;

    public TestSegments(int seed = 1, long cacheBytes = 1 << 20)
    {
        Directory = new FaultyDirectory(seed);
        Topics = new TopicTable(_options);
        var sections = new SectionCache(cacheBytes);
        Sources = new ReadSources(Topics, Segments, sections, Home, this);
        _heads = new TopicHeads(Home, _options, Segments, sections);
        sections.Rebuild = new SectionRebuilder(Home, _options, Topics, _heads, this).Rebuild;
        BeginSegment();
    }

    public FaultyDirectory Directory { get; }

    public TopicTable Topics { get; }

    public SegmentSet Segments { get; } = new();

    public ReadSources Sources { get; }

    /// <summary>What was reported as damaged: segment, position, length.</summary>
    public List<(string Segment, long Position, long Length)> Damage { get; } = [];

    /// <summary>Whether a segment was dropped: what only it held is in no other place than the sections of later ones.</summary>
    public bool HasDropped { get; private set; }

    public ITopicReader Reader(TopicName topic) => new FileTopicReader(Sources, topic);

    /// <summary>Ends the segment that is written and begins the next.</summary>
    public void BeginSegment()
    {
        var header = new SegmentHeader(Guid.Empty, ++_lastSegment, 0, IsRewritten: false, _lastGroup + 1, _lastGroup, Salt: 99, CreatedUnixMs: 1);
        var segment = new SegmentFile(Directory.Create(SegmentFile.NameOf(header.Number), 1 << 20), SegmentFile.NameOf(header.Number), header);
        Span<byte> page = stackalloc byte[SegmentHeader.PageBytes];
        header.Write(page);
        segment.File.Write(0, page);
        Segments.Put(segment);
        _open.Add(new SegmentContents(segment));
    }

    /// <summary>Adds a run to the group that gathers; its place and checksum are filled in.</summary>
    public void Add(TopicName topic, RunDescriptor run, byte[] bytes) => _gathering.Add((Awake(topic), run with { Crc = Crc32C.Compute(bytes) }, bytes));

    /// <summary>Writes what has gathered as one group and lets readers see it. Returns the runs with their places.</summary>
    public IReadOnlyList<RunDescriptor> Flush()
    {
        var buffer = new GroupBuffer();
        foreach (var (topic, run, bytes) in _gathering)
        {
            buffer.Add(topic, run, bytes);
        }

        _gathering.Clear();
        var contents = _open[^1];
        var written = buffer.Close(++_lastGroup, contents.Segment.Header, contents.EndOfGroups);
        contents.Segment.File.Write(contents.EndOfGroups, written);
        contents.Segment.LastGroup = _lastGroup;
        contents.EndOfGroups += written.Length;
        var runs = new List<RunDescriptor>();
        foreach (var run in buffer.Runs)
        {
            lock (run.Topic.Gate)
            {
                run.Topic.Advance(Home, contents, run.Run, _lastGroup);
            }

            runs.Add(run.Run);
        }

        return runs;
    }

    /// <summary>Gives the oldest segment that has no footer one.</summary>
    public void Seal()
    {
        var contents = _open[0];
        _open.RemoveAt(0);
        foreach (var entry in contents.Seal(Home, _options, name => _heads.Load(Topics.Find(name)!, out _), cut: false))
        {
            var topic = Topics.Find(entry.Topic)!;
            lock (topic.Gate)
            {
                topic.Seal(contents.Segment, entry.Slice);
            }
        }

        if (_open.Count == 0)
        {
            BeginSegment();
        }
    }

    /// <summary>Drops the oldest segment if it is sealed, holds nothing above any topic's start, and no topic's newest head.</summary>
    public bool TryDropOldest()
    {
        var segment = Segments.All()[0];
        if (!segment.IsSealed || Topics.All.Any(topic => !IsDead(topic, segment.Number)))
        {
            return false;
        }

        foreach (var topic in Topics.All)
        {
            lock (topic.Gate)
            {
                topic.Drop(segment.Number);
            }
        }

        HasDropped = true;
        Segments.Remove(segment);
        Sources.Sections.Forget(segment);
        segment.Retire(() =>
        {
            Directory.Delete(segment.Name);
            segment.File.Dispose();
        });
        return true;
    }

    /// <summary>Lets a topic go idle if all of it is sealed.</summary>
    public void LetRest(TopicName name)
    {
        if (Topics.Find(name) is { } topic)
        {
            lock (topic.Gate)
            {
                if (topic.Open.Length == 0)
                {
                    topic.Sleep();
                }
            }
        }
    }

    /// <summary>Turns a bit of a run's bytes.</summary>
    public void Flip(RunDescriptor run, long segment, int at = 0) => Directory.Flip(SegmentFile.NameOf(segment), run.Position + at, 3);

    /// <summary>Turns a bit of what a footer says of a topic.</summary>
    public void FlipSection(SegmentSlice slice, int at, int bit)
    {
        Directory.Flip(SegmentFile.NameOf(slice.Segment), slice.Position + at, bit);
        Sources.Sections.Forget(Segments.All().Single(segment => segment.Number == slice.Segment));
    }

    public void OnDamaged(SegmentFile segment, long position, long length, string what)
    {
        lock (Damage)
        {
            Damage.Add((segment.Name, position, length));
        }
    }

    private static bool IsDead(TopicLog topic, long number)
    {
        lock (topic.Gate)
        {
            return topic.IsDeadIn(number) && (topic.Slices.Length == 0 || topic.HasHeadBeyond(number));
        }
    }

    private TopicLog Awake(TopicName name)
    {
        var topic = Topics.FindOrCreate(name);
        lock (topic.Gate)
        {
            if (topic.Flushed is not null)
            {
                return topic;
            }
        }

        var tracker = _heads.Track(_heads.Load(topic, out _));
        lock (topic.Gate)
        {
            topic.Wake(tracker);
            return topic;
        }
    }
}
