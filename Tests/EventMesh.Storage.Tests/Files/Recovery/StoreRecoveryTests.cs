using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Files.Recovery;

public sealed class StoreRecoveryTests
{
    private readonly FaultyDirectory _directory = new(1);

    [Fact]
    public void Open_WhenTheDirectoryIsEmpty_MakesAStoreOfTheNode()
    {
        var opened = Reopening.Open(_directory);

        Assert.Equal((0, 0, 0), (opened.LastGroup, opened.LastSegment, opened.Topics.Count));
        Assert.Equal(new NodeIdentity(JournalBuilder.Node, new Incarnation(JournalBuilder.Epoch)), opened.Identity);
        Assert.Equal(opened.Identity.Incarnation, Reopening.StateOf(_directory).Incarnation);
        Assert.False(Reopening.StateOf(_directory).IsClosed);
    }

    [Fact]
    public void Open_WhenOpenedAgain_BeginsAGreaterIncarnation()
    {
        var first = Reopening.Open(_directory);
        first.Store.Dispose();

        var second = Reopening.Open(_directory);

        Assert.Equal(first.Store.State.Store, second.Store.State.Store);
        Assert.Equal(first.Identity.Incarnation.Value + 1, second.Identity.Incarnation.Value);
    }

    [Fact]
    public void Open_WhenAGreaterIncarnationWasHeardOf_BeginsAboveIt()
    {
        var opened = Reopening.Open(_directory, heardOf: JournalBuilder.Epoch + 5000);

        Assert.Equal(JournalBuilder.Epoch + 5001, opened.Identity.Incarnation.Value);
    }

    [Fact]
    public void Open_WhenItIsAnotherNodesStore_RefusesAndChangesNothing()
    {
        Reopening.Open(_directory).Store.Dispose();
        _directory.Create("checkpoint.new", 10).Dispose();
        var before = _directory.Contents(StoreFile.Name);

        var refused = Assert.Throws<EventMeshException>(() => Reopening.Open(_directory, node: NodeId.Parse("other")));

        Assert.Equal(MeshErrorCode.StoreNodeMismatch, refused.Code);
        Assert.Equal(before, _directory.Contents(StoreFile.Name));
        Assert.Contains(_directory.List(), static file => file.Name == "checkpoint.new");
    }

    [Fact]
    public void Open_WhenFilesWereNotFinished_RemovesThem()
    {
        _directory.Create("store.new", 10).Dispose();
        _directory.Create("00000000000000000001.segment.new", 10).Dispose();

        Reopening.Open(_directory);

        Assert.Equal([StoreFile.Name], _directory.List().Select(static file => file.Name));
    }

    [Fact]
    public void Open_WhenSegmentsHaveNoStoreFile_Refuses()
    {
        _directory.Create(SegmentFile.NameOf(1), 8192).Dispose();

        Assert.Equal(MeshErrorCode.LogCorrupted, Assert.Throws<EventMeshException>(() => Reopening.Open(_directory)).Code);
    }

    [Fact]
    public void Open_WhenASegmentIsOfAnotherStore_Refuses()
    {
        var other = new FaultyDirectory(2);
        new JournalBuilder(other).Group(static group => group.Own("a", "x"));
        var foreign = other.Contents(SegmentFile.NameOf(1));
        Reopening.Open(_directory).Store.Dispose();
        using (var file = _directory.Create(SegmentFile.NameOf(1), foreign.Length))
        {
            file.Write(0, foreign);
        }

        Assert.Equal(MeshErrorCode.LogCorrupted, Assert.Throws<EventMeshException>(() => Reopening.Open(_directory)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_WhenTheLastSegmentHasNoFooter_ReadsItsGroups(bool isClosed)
    {
        var journal = WriteAll(static _ => { });
        if (isClosed)
        {
            journal.Close();
        }

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal((journal.LastGroup, 1, 0), (opened.LastGroup, opened.LastSegment, opened.DamagedRanges));
        Assert.Equal(journal.Now, opened.LastAppendUnixMs);
        Assert.True(opened.Segments.All().Single().IsSealed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_WhenThereAreSeveralSegments_PutsThemTogether(bool isSealed)
    {
        var journal = WriteAll(journal =>
        {
            if (isSealed)
            {
                journal.Seal();
            }

            journal.BeginSegment();
        });

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal((journal.LastGroup, 0), (opened.LastGroup, opened.DamagedRanges));
    }

    [Fact]
    public void Open_WhenOpenedTwice_FindsTheSame()
    {
        var journal = WriteAll(static journal => journal.BeginSegment());
        Reopening.Open(_directory).Store.Dispose();

        var opened = Reopening.Open(_directory);

        Assert.Equal(journal.Expected.ToString(), StoreContents.Of(opened).ToString());
        Assert.Equal((journal.LastGroup, 0), (opened.LastGroup, opened.DamagedRanges));
    }

    [Fact]
    public void Open_WhenASegmentWasBegunAndNotUsed_RemovesItOnceAnotherFollows()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "x"));
        journal.BeginSegment();
        var opened = Reopening.Open(_directory);
        Assert.Equal((1, 2, 0), (opened.LastGroup, opened.LastSegment, opened.DamagedRanges));
        opened.Store.Dispose();
        journal.BeginSegment();
        journal.Group(static group => group.Own("a", "y"));

        opened = Reopening.Open(_directory);

        Assert.Equal((2, 3, 0), (opened.LastGroup, opened.LastSegment, opened.DamagedRanges));
        Assert.Equal([1L, 3], opened.Segments.All().Select(static segment => segment.Number));
        Assert.DoesNotContain(_directory.List(), static file => file.Name == SegmentFile.NameOf(2));
        opened.Store.Dispose();
        Assert.Equal(0, Reopening.Open(_directory).DamagedRanges);
    }

    /// <summary>Something of everything that a journal holds; <paramref name="between"/> runs several times on the way.</summary>
    private JournalBuilder WriteAll(Action<JournalBuilder> between)
    {
        var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0", "a1", "a2").From("far", 7, "b", "b0", "b1"));
        journal.Group(static group => group.Own("p", new ProducerStamp(ProducerId.Parse("me"), 0), "p0", "p1").Own("gone", "g0"));
        between(journal);
        journal.Group(static group => group.Own("a", "a3").Gap("far", 7, 9, "b").Own("p", new ProducerStamp(ProducerId.Parse("me"), 2), "p2"));
        journal.Group(static group => group.Trim("a", 2).Delete("gone").From("far", 8, "b", "b10"));
        between(journal);
        journal.Group(static group => group.Head("a").Lost("b", 3).Own("c", "c0"));
        journal.Group(static group => group.Own("a", "a4").From("near", 3, "b", "n0"));
        return journal;
    }
}

/// <summary>Opens stores in tests.</summary>
internal static class Reopening
{
    public static RecoveredStore Open(IStoreDirectory directory, NodeId? node = null, long heardOf = 0, int seed = 1)
    {
        var services = new FileLogServices
        {
            Time = new ManualTimeProvider(),
            Writing = new ManualFlushScheduler(),
            Background = new ManualFlushScheduler(),
            Random = new Random(seed),
        };
        return StoreRecovery.Open(
            directory,
            JournalBuilder.Options,
            node ?? JournalBuilder.Node,
            new Incarnation(heardOf),
            services,
            new DamageReport(directory, services.Time, services.Logger));
    }

    public static StoreState StateOf(IStoreDirectory directory)
    {
        using var file = StoreFile.Open(directory, writable: false)!;
        return file.State;
    }
}
