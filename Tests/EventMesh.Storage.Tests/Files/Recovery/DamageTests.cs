using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Recovery;

/// <summary>Damage is named, and nothing that is not damaged suffers from it.</summary>
public sealed class DamageTests
{
    private static readonly TopicName A = TopicName.Parse("a");
    private readonly FaultyDirectory _directory = new(1);

    [Fact]
    public void Open_WhenRecordsAreDamaged_LosesThatRunAlone()
    {
        var (journal, middle, _) = Write();
        Flip(middle);

        var opened = Reopening.Open(_directory);

        var found = StoreContents.Of(opened);
        Assert.Equal([3L, 4], found.Topic(A).LostOffsets);
        Assert.Equal(Records(journal, "b"), Records(found, "b"));
        Assert.Equal((6, journal.LastGroup, 1), (found.Topic(A).Next, opened.LastGroup, opened.DamagedRanges));
        Assert.Equal(0, opened.DoubtFor(0));
        Assert.Equal(journal.TrackerOf(A).Own, found.Topic(A).Own);
    }

    [Fact]
    public void Open_WhenRecordsOfAProducerAreDamaged_TakesItsNextBatch()
    {
        using var journal = new JournalBuilder(_directory);
        var producer = ProducerId.Parse("me");
        var group = journal.Group(group => group.Own("a", new ProducerStamp(producer, 0), "a0", "a1"));
        journal.Group(group => group.Own("z", "z0"));
        Flip(group);

        var tracker = TrackerOf(Reopening.Open(_directory), "a");

        Assert.Null(tracker.Producers.Decide(new ProducerStamp(producer, 2), 1, tracker.LastAppendUnixMs));
        Assert.Equal(new Position(journal.Incarnation, 0), tracker.Producers.Decide(new ProducerStamp(producer, 0), 2, tracker.LastAppendUnixMs)!.Value.First);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(GroupHeader.Bytes + 3)]
    public void Open_WhenAGroupIsLost_LeavesAHoleInTopicsThatGoOnAndDoubtInOthers(int damagedByte)
    {
        var (journal, middle, _) = Write();
        _directory.Flip(middle.Segment.Name, middle.Position + damagedByte, 1);

        var opened = Reopening.Open(_directory);

        var found = StoreContents.Of(opened);
        Assert.Equal([3L, 4], found.Topic(A).LostOffsets);
        Assert.Equal(journal.TrackerOf(A).Own, found.Topic(A).Own);
        Assert.Equal((1, middle.Number), (opened.DamagedRanges, opened.Store.State.DoubtGroup));

        // Topic b goes on at offset 1 behind the lost group for all that the store knows, which held offset 1.
        Assert.Equal(1, found.Topic(TopicName.Parse("b")).Next);
        Assert.True(opened.DoubtFor(HeadOf(opened, "b").LastGroup) >= 1);
        Assert.Equal(0, opened.DoubtFor(HeadOf(opened, "a").LastGroup));
        Assert.True(opened.DoubtFor(0) >= 2);
    }

    [Fact]
    public void Open_WhenDamageWasReported_ReportsItOnceAndRemembersTheDoubt()
    {
        var (_, middle, _) = Write();
        _directory.Flip(middle.Segment.Name, middle.Position, 1);
        var first = Reopening.Open(_directory);
        first.Store.Dispose();

        var second = Reopening.Open(_directory);

        Assert.Equal(0, second.DamagedRanges);
        Assert.Equal(first.DoubtFor(0), second.DoubtFor(0));
        Assert.Single(Lines());
    }

    [Fact]
    public void Open_WhenBytesAreDamaged_SetsThemAsideAndSaysSo()
    {
        var (_, middle, _) = Write();
        var run = middle.Runs[0].Run;
        Flip(middle);
        var damaged = _directory.Contents(middle.Segment.Name).AsSpan((int)run.Position, run.Length).ToArray();

        Reopening.Open(_directory);

        var line = Assert.Single(Lines());
        Assert.Equal(damaged, _directory.Contents($"damaged-1-{run.Position}"));
        Assert.Contains($"\"file\":\"{middle.Segment.Name}\",\"position\":{run.Position},\"length\":{run.Length}", line, StringComparison.Ordinal);
        Assert.Contains("topic \\u0027a\\u0027 at offsets 3 to 4", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenTheLastGroupIsDamagedAfterACleanClose_ReportsItInsteadOfCuttingIt()
    {
        var (journal, _, last) = Write();
        journal.Close();
        Unseal(last.Segment);
        _directory.Flip(last.Segment.Name, last.Position, 1);

        var opened = Reopening.Open(_directory);

        Assert.Equal((1, last.Number), (opened.DamagedRanges, opened.LastGroup));
        Assert.Equal(last.Number, opened.Store.State.DoubtGroup);
        Assert.True(opened.DoubtFor(HeadOf(opened, "a").LastGroup) >= 1);
    }

    [Fact]
    public void Open_WhenACarriedHeadIsDamaged_GoesOnFromItsNextOffset()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0", "a1", "a2"));
        journal.Group(static group => group.Trim("a", 3));
        journal.Seal();
        journal.BeginSegment();
        var head = journal.Group(static group => group.Head("a"));
        journal.Group(static group => group.Own("z", "z0"));
        _directory.Delete(SegmentFile.NameOf(1));
        Flip(head);

        var opened = Reopening.Open(_directory);

        Assert.Equal(1, opened.DamagedRanges);
        Assert.Equal((3, 3), (HeadOf(opened, "a").Start, HeadOf(opened, "a").Next));
    }

    [Fact]
    public void Open_WhenADirectoryIsDamaged_ReadsTheGroups()
    {
        var (journal, _, last) = Write();
        journal.Close();
        var trailer = FooterReader.ReadTrailer(_directory.Open(last.Segment.Name, false), 1)!.Value;
        _directory.Flip(last.Segment.Name, trailer.DirectoryPosition + 1, 1);

        var opened = Reopening.Open(_directory);

        Assert.Equal(1, opened.DamagedRanges);
        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        opened.Store.Dispose();
        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(Reopening.Open(_directory)).ToString());
    }

    [Fact]
    public void Open_WhenASectionIsDamagedThatALaterSegmentNeeds_ReadsTheGroups()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0", "a1").From("far", 7, "a", "f0"));
        var sealedOne = journal.Seal();
        journal.BeginSegment();
        journal.Group(static group => group.Own("a", "a2"));
        var trailer = FooterReader.ReadTrailer(sealedOne.File, 1)!.Value;
        _directory.Flip(sealedOne.Name, trailer.FooterPosition + 9, 1);

        var opened = Reopening.Open(_directory);

        Assert.Equal(1, opened.DamagedRanges);
        var slice = opened.Topics.Find(A)!.Slices[^1];
        Assert.Equal(2, SectionReader.Read(opened.Segments.Acquire(slice)!, slice).Head.Positions.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_WhenASegmentsHeaderIsDamaged_MakesItAgain(bool isSealed)
    {
        var (journal, _, last) = Write();
        if (isSealed)
        {
            journal.Seal();
        }

        _directory.Flip(last.Segment.Name, 66, 1);

        var opened = Reopening.Open(_directory);
        Assert.Equal(1, opened.DamagedRanges);
        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        opened.Store.Dispose();

        // The header that was made holds: nothing is damaged any more, and the groups check out by it.
        var again = Reopening.Open(_directory);
        Assert.Equal(0, again.DamagedRanges);
        var segment = again.Segments.All().Single();
        var scanner = new SegmentScanner(segment.File, segment.Header, long.MaxValue);
        for (var number = 1; number <= journal.LastGroup; number++)
        {
            Assert.Equal((GroupState.Sound, number), (scanner.Next()!.Value.State, scanner.LastNumber));
        }
    }

    [Fact]
    public void Open_WhenNothingOfASegmentCanBeRead_SetsTheFileAside()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0"));
        journal.Seal();
        var gone = journal.BeginSegment();
        var group = journal.Group(static group => group.Own("a", "a1").Own("b", "b0"));
        journal.BeginSegment();
        journal.Group(static group => group.Own("a", "a2"));
        _directory.Flip(gone.Name, 66, 1);
        _directory.Flip(gone.Name, group.TablePosition, 1);

        var opened = Reopening.Open(_directory);

        Assert.Contains(_directory.List(), static file => file.Name == "damaged-2-0");
        Assert.Equal([1L], StoreContents.Of(opened).Topic(A).LostOffsets);
        Assert.Equal((1, 2), (opened.DamagedRanges, opened.Store.State.DoubtGroup));
        Assert.Equal(0, opened.DoubtFor(HeadOf(opened, "a").LastGroup));
        Assert.True(opened.DoubtFor(0) > 0);
    }

    [Fact]
    public void Open_WhenASegmentIsMissing_NamesIt()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0"));
        journal.Seal();
        var gone = journal.BeginSegment();
        journal.Group(static group => group.Own("a", "a1").Own("b", "b0"));
        journal.Seal();
        journal.BeginSegment();
        journal.Group(static group => group.Own("a", "a2"));
        journal.Seal();
        _directory.Delete(gone.Name);

        var opened = Reopening.Open(_directory);

        Assert.Equal((1, 2), (opened.DamagedRanges, opened.Store.State.DoubtGroup));
        Assert.Equal([1L], StoreContents.Of(opened).Topic(A).LostOffsets);
        Assert.Contains("\\u0027a\\u0027 from offset 1 to 1", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.True(opened.DoubtFor(0) > 0);
    }

    [Fact]
    public void Open_WhenASegmentWasGivenUp_ReportsNothing()
    {
        using (var journal = new JournalBuilder(_directory))
        {
            journal.Group(static group => group.Own("a", "a0"));
            journal.Seal();
            journal.BeginSegment();
            journal.Group(static group => group.Own("a", "a1"));
            journal.Seal();
            journal.BeginSegment();
            journal.Group(static group => group.Own("a", "a2"));
            journal.Group(static group => group.Trim("a", 2));
        }

        using (var store = StoreFile.Open(_directory, writable: true)!)
        {
            store.NoteDropped(2);
        }

        _directory.Delete(SegmentFile.NameOf(2));

        var opened = Reopening.Open(_directory);

        Assert.Equal((0, 0), (opened.DamagedRanges, opened.Store.State.DoubtGroup));
        Assert.Equal((2, 3), (opened.Topics.Find(A)!.Start, opened.Topics.Find(A)!.Limit));
    }

    [Fact]
    public void Open_WhenTheLastSegmentIsMissingAfterACleanClose_NamesIt()
    {
        var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0"));
        journal.Seal();
        var gone = journal.BeginSegment();
        journal.Group(static group => group.Own("a", "a1"));
        journal.Close();
        _directory.Delete(gone.Name);

        var opened = Reopening.Open(_directory);

        Assert.Equal((1, 2, 2), (opened.DamagedRanges, opened.LastGroup, opened.LastSegment));
        Assert.True(opened.DoubtFor(HeadOf(opened, "a").LastGroup) > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Open_WhenACopyOfTheStoreFileIsDamaged_UsesTheOther(int slot)
    {
        var (journal, middle, _) = Write();
        _directory.Flip(middle.Segment.Name, middle.Position, 1);
        var first = Reopening.Open(_directory);
        first.Store.Dispose();
        _directory.Flip(StoreFile.Name, slot * StoreState.SlotBytes + 50, 1);

        var second = Reopening.Open(_directory);

        Assert.Equal(first.Identity.Incarnation.Value + 1, second.Identity.Incarnation.Value);
        Assert.Equal(first.DoubtFor(0), second.DoubtFor(0));
        Assert.Equal(journal.LastGroup, second.LastGroup);
    }

    [Fact]
    public void Open_WhenTheLogKnowsAGreaterIncarnationThanTheStoreFile_BeginsAboveIt()
    {
        using var journal = new JournalBuilder(_directory, incarnation: new Incarnation(JournalBuilder.Epoch + 100_000));
        journal.Group(static group => group.Own("a", "a0"));
        var file = StoreFile.Open(_directory, writable: true)!;
        StoreOpening.WriteTwice(file, file.State with { Incarnation = new Incarnation(5) });
        file.Dispose();

        Assert.Equal(JournalBuilder.Epoch + 100_001, Reopening.Open(_directory).Identity.Incarnation.Value);
    }

    [Fact]
    public void Open_WhenTheDiskIsFull_GivesUpSparesToSealTheLastSegment()
    {
        using var journal = new JournalBuilder(_directory, segmentBytes: 8 * 1024);
        journal.Group(static group => group.Own("a", new string('x', 3950)));
        _directory.Create("spare-1.segment", 4096).Dispose();
        _directory.Capacity = _directory.UsedBytes;

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
    }

    private static IEnumerable<string> Records(JournalBuilder journal, string topic) => Records(journal.Expected, topic);

    private static IEnumerable<string> Records(StoreContents contents, string topic) =>
        contents.Topic(TopicName.Parse(topic)).Records.Select(static record => $"{record.Key} {record.Value}");

    private static TopicHead HeadOf(RecoveredStore store, string topic)
    {
        var slice = store.Topics.Find(TopicName.Parse(topic))!.Slices[^1];
        return SectionReader.Read(store.Segments.Acquire(slice)!, slice).Head;
    }

    /// <summary>Three groups with topics a and b; b has nothing behind the second.</summary>
    private (JournalBuilder Journal, WrittenGroup Middle, WrittenGroup Last) Write()
    {
        var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0", "a1", "a2").Own("b", "b0"));
        var middle = journal.Group(static group => group.Own("a", "a3", "a4").Own("b", "b1"));
        return (journal, middle, journal.Group(static group => group.Own("a", "a5")));
    }

    private void Flip(WrittenGroup group) => _directory.Flip(group.Segment.Name, group.Runs[0].Run.Position, 3);

    private void Unseal(SegmentFile segment)
    {
        using var file = _directory.Open(segment.Name, writable: true);
        file.SetLength(file.Length - FooterTrailer.Bytes);
        file.Flush();
    }

    private string[] Lines() =>
        System.Text.Encoding.UTF8.GetString(_directory.Contents(DamageReport.LogName)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The tracker that a topic wakes up with.</summary>
    private static HeadTracker TrackerOf(RecoveredStore store, string topic)
    {
        var tracker = new HeadTracker(store.Identity.Node, JournalBuilder.Options);
        tracker.Take(HeadOf(store, topic));
        return tracker;
    }
}
