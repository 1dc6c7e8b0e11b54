using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Files.Recovery;

public sealed class CheckpointTests
{
    private static readonly TopicName A = TopicName.Parse("a");
    private readonly FaultyDirectory _directory = new(1);

    [Fact]
    public void Open_WhenThereIsACheckpoint_ReadsNoFooterThatItSpeaksFor()
    {
        var journal = WriteSegments(3);
        WriteCheckpoint();
        var reads = new List<DeviceOperation>();
        _directory.Plan = operation =>
        {
            reads.Add(operation);
            return DeviceFault.None;
        };

        var opened = Reopening.Open(_directory);
        _directory.Plan = null;

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal((journal.LastGroup, 3, 0L), (opened.LastGroup, opened.LastSegment, opened.Debt.SealedBytes));
        Assert.DoesNotContain(reads, static read =>
            read.Action == DeviceAction.Read && read.File.EndsWith(".segment", StringComparison.Ordinal) && read.Position > 0);
    }

    [Fact]
    public void Open_WhenSegmentsFollowTheCheckpoint_TakesThemOnTopOfIt()
    {
        var journal = WriteSegments(2);
        WriteCheckpoint();
        WriteSegments(1, journal);
        journal.BeginSegment();
        journal.Group(static group => group.Own("a", "tail").Own("new", "n0").Trim("b", 1));

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal((journal.LastGroup, 4, 0), (opened.LastGroup, opened.LastSegment, opened.DamagedRanges));
    }

    [Fact]
    public void Open_WhenTheCheckpointKnowsMoreThanItsSegments_NeverGoesBehindIt()
    {
        var journal = WriteSegments(1);
        journal.BeginSegment();
        var group = journal.Group(static group => group.Own("a", "later"));
        var opened = Reopening.Open(_directory);
        var segments = opened.Segments.All().Where(static segment => segment.Number == 1).ToList();
        CheckpointFile.Write(_directory, opened.Store.State.Store, segments, opened.Topics);
        opened.Store.Dispose();
        _directory.Delete(group.Segment.Name);

        var again = Reopening.Open(_directory);

        Assert.Equal(journal.TrackerOf(A).Next, again.Topics.Find(A)!.Limit);
        Assert.Equal(journal.TrackerOf(A).Own, again.Topics.Find(A)!.Own);
    }

    [Fact]
    public void Open_WhenACoveredSegmentWasGivenUp_ReportsNothing()
    {
        var journal = WriteSegments(2);
        journal.BeginSegment();
        journal.Group(group => group.Trim("a", 4).Trim("b", 2).Trim("c", 2).Trim("a.b", 2));
        journal.Seal();
        WriteCheckpoint();
        _directory.Delete(SegmentFile.NameOf(1));

        var opened = Reopening.Open(_directory);

        Assert.Equal((0, 0), (opened.DamagedRanges, opened.Store.State.DoubtGroup));
        Assert.Equal([2L, 3], opened.Topics.Find(A)!.Slices.Select(static slice => slice.Segment));
    }

    [Fact]
    public void Open_WhenACoveredSegmentIsMissing_NamesWhatWasInIt()
    {
        WriteSegments(3);
        WriteCheckpoint();
        _directory.Delete(SegmentFile.NameOf(2));

        var opened = Reopening.Open(_directory);

        // Every topic is known, so none is in doubt.
        Assert.Equal((1, 0), (opened.DamagedRanges, opened.Store.State.DoubtGroup));
        Assert.Equal([2L, 3], StoreContents.Of(opened).Topic(A).LostOffsets);
    }

    [Fact]
    public void Open_WhenTheLastCoveredSegmentIsMissing_GivesNoNumberTwice()
    {
        var journal = WriteSegments(2);
        WriteCheckpoint();
        _directory.Delete(SegmentFile.NameOf(2));

        var opened = Reopening.Open(_directory);

        var topic = opened.Topics.Find(A)!;
        Assert.Equal((journal.TrackerOf(A).Next, journal.TrackerOf(A).Own), (topic.Limit, topic.Own));
        Assert.Equal((journal.LastGroup, 2), (opened.LastGroup, opened.LastSegment));
        Assert.True(opened.DamagedRanges > 0);
    }

    [Fact]
    public void Open_WhenASegmentWasRewrittenAfterTheCheckpoint_ReadsItsFooter()
    {
        var journal = WriteSegments(3);
        WriteCheckpoint();
        Rewrite(SegmentFile.NameOf(2));

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal([0u, 1, 0], opened.Topics.Find(A)!.Slices.Select(static slice => slice.Generation));
        Assert.Equal(0, opened.DamagedRanges);
    }

    [Fact]
    public void Open_WhenAnyByteOfTheCheckpointIsWrong_ReportsItAndReadsTheFooters()
    {
        var journal = WriteSegments(2);
        WriteCheckpoint();
        for (var at = 0; at < _directory.Contents(CheckpointFile.Name).Length; at++)
        {
            _directory.Flip(CheckpointFile.Name, at, at % 8);

            var opened = Reopening.Open(_directory);

            Assert.Equal(1, opened.DamagedRanges);
            Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
            opened.Store.Dispose();
            _directory.Flip(CheckpointFile.Name, at, at % 8);
        }
    }

    [Fact]
    public void Write_WhenASegmentIsReplacedMeanwhile_KeepsTheLastCheckpoint()
    {
        WriteSegments(2);
        var opened = Reopening.Open(_directory);
        var segments = opened.Segments.All();
        var topic = opened.Topics.Find(A)!;
        lock (topic.Gate)
        {
            topic.Replace(topic.Slices[0], topic.Slices[0] with { Generation = 1 });
        }

        Assert.Equal(0, CheckpointFile.Write(_directory, opened.Store.State.Store, segments, opened.Topics));
        Assert.DoesNotContain(_directory.List(), static file => file.Name.StartsWith(CheckpointFile.Name, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_WhenPowerFailsAnywhere_LeavesTheOldOneOrTheNewOne()
    {
        WriteSegments(2);
        WriteCheckpoint();
        var operations = _directory.Operations;
        for (var failAt = 1; failAt < 30; failAt++)
        {
            var directory = _directory.Kill().Crash(failAt);
            var opened = Reopening.Open(directory);
            var expected = StoreContents.Of(opened).ToString();
            var first = directory.Operations;
            directory.Plan = operation => operation.Number == first + failAt ? DeviceFault.PowerFailure : DeviceFault.None;
            var failure = Record.Exception(() => CheckpointFile.Write(directory, opened.Store.State.Store, opened.Segments.All(), opened.Topics));
            Assert.True(failure is null or IOException, failure?.ToString());
            var again = Reopening.Open(directory.Crash(failAt));

            Assert.Equal(0, again.DamagedRanges);
            Assert.Equal(expected, StoreContents.Of(again).ToString());
        }

        Assert.Equal(operations, _directory.Operations);
    }

    [Fact]
    public void Keeper_WhenLittleWasSealedSinceTheLastOne_WaitsForMore()
    {
        WriteSegments(1);
        var (keeper, background, opened) = Keep();
        keeper.Write();
        var segment = opened.Segments.All()[^1];
        var checkpoint = _directory.Contents(CheckpointFile.Name).Length;
        segment.File.SetLength(checkpoint);

        for (var sealedTimes = 1; sealedTimes < CheckpointKeeper.BytesPerByte; sealedTimes++)
        {
            keeper.OnSealed(segment);
            Assert.False(background.IsWaiting);
        }

        keeper.OnSealed(segment);
        Assert.True(background.Flush());
        keeper.OnSealed(segment);
        Assert.False(background.IsWaiting);
    }

    [Fact]
    public void Keeper_WhenTheOpeningHadToReadFooters_WritesOne()
    {
        var journal = WriteSegments(2);
        var (keeper, background, opened) = Keep();

        keeper.Begin();
        Assert.True(background.Flush());

        opened.Store.Dispose();
        var again = Reopening.Open(_directory);
        Assert.Equal(0, again.Debt.SealedBytes);
        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(again).ToString());
    }

    [Fact]
    public void Keeper_WhenTheDiskIsFull_KeepsTheLastOneAndTriesAgain()
    {
        WriteSegments(1);
        var (keeper, background, opened) = Keep();
        keeper.Write();
        var last = _directory.Contents(CheckpointFile.Name);
        _directory.Capacity = _directory.UsedBytes;
        for (var i = 0; i < 2; i++)
        {
            keeper.OnSealed(opened.Segments.All()[^1]);
            Assert.True(background.Flush());
            Assert.Equal(last, _directory.Contents(CheckpointFile.Name));
            Assert.DoesNotContain(_directory.List(), static file => file.Name == "checkpoint.new");
        }

        _directory.Capacity = long.MaxValue;
        keeper.OnSealed(opened.Segments.All()[^1]);
        Assert.True(background.Flush());
        keeper.Dispose();
        keeper.OnSealed(opened.Segments.All()[^1]);
        var operations = _directory.Operations;
        background.Flush();

        Assert.Equal(operations, _directory.Operations);
    }

    private JournalBuilder WriteSegments(int count, JournalBuilder? journal = null)
    {
        journal ??= new JournalBuilder(_directory);
        for (var i = 0; i < count; i++)
        {
            journal.BeginSegment();
            journal.Group(static group => group.Own("a", "x", "y").From("far", 7, "b", "z"));
            journal.Group(static group => group.Own("c", "w").From("near", 9, "a.b", "v"));
            journal.Seal();
        }

        return journal;
    }

    private void WriteCheckpoint()
    {
        var opened = Reopening.Open(_directory);
        Assert.True(CheckpointFile.Write(_directory, opened.Store.State.Store, opened.Segments.All(), opened.Topics) > 0);
        opened.Store.Dispose();
    }

    private (CheckpointKeeper Keeper, ManualFlushScheduler Background, RecoveredStore Store) Keep()
    {
        var opened = Reopening.Open(_directory);
        var background = new ManualFlushScheduler();
        var services = new FileLogServices
        {
            Time = new ManualTimeProvider(),
            Writing = new ManualFlushScheduler(),
            Background = background,
            Random = new Random(1),
        };
        return (new CheckpointKeeper(_directory, opened, services), background, opened);
    }

    /// <summary>Puts the next generation of a segment in its place, which holds the same.</summary>
    private void Rewrite(string name)
    {
        var bytes = _directory.Contents(name);
        var header = SegmentHeader.Read(bytes, out _)!;
        using var file = _directory.Create("new", bytes.Length);
        (header with { Generation = 1, IsRewritten = true }).Write(bytes);
        FooterTrailer.TryRead(bytes.AsSpan(bytes.Length - FooterTrailer.Bytes), out var trailer);
        (trailer with { Generation = 1 }).Write(bytes.AsSpan(bytes.Length - FooterTrailer.Bytes));
        file.Write(0, bytes);
        file.Flush();
        _directory.Rename("new", name);
        _directory.Flush();
    }
}
