using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Recovery;

/// <summary>A group whose writing was cut short is no damage; the same bytes are, where they were flushed.</summary>
public sealed class TornTailTests
{
    private readonly FaultyDirectory _directory = new(1);

    [Fact]
    public void Open_WhenTheLastGroupIsCutShortAnywhere_CutsItAndReportsNothing()
    {
        var (expected, last) = Write();
        var whole = _directory.Contents(last.Segment.Name);
        for (var length = 0; length < last.Length; length += 7)
        {
            var bytes = whole.ToArray();
            bytes.AsSpan((int)last.Position + length).Clear();
            Put(last.Segment.Name, bytes);

            var opened = Reopening.Open(_directory);

            // What is missing may be nothing but the zeros that fill a group up.
            var isWhole = bytes.AsSpan().SequenceEqual(whole);
            Assert.Equal(isWhole ? 2 : 1, opened.LastGroup);
            Assert.Equal(0, opened.DamagedRanges);
            Assert.Equal(isWhole, StoreContents.Of(opened).ToString() != expected);
            opened.Store.Dispose();
        }
    }

    [Fact]
    public void Open_WhenAnyBitOfTheLastGroupIsWrong_CutsItAndReportsNothing()
    {
        var (expected, last) = Write();
        var whole = _directory.Contents(last.Segment.Name);
        var end = last.Runs[^1].Run.Position + last.Runs[^1].Run.Length;
        for (var at = last.Position; at < end; at++)
        {
            Put(last.Segment.Name, whole);
            _directory.Flip(last.Segment.Name, at, (int)(at % 8));

            var opened = Reopening.Open(_directory);

            Assert.Equal((1, 0), (opened.LastGroup, opened.DamagedRanges));
            Assert.Equal(expected, StoreContents.Of(opened).ToString());
            opened.Store.Dispose();
        }
    }

    [Fact]
    public void Open_WhenTheTornGroupIsCut_NeverFindsItAgain()
    {
        var (expected, last) = Write();
        _directory.Flip(last.Segment.Name, last.Position + 70, 1);
        Reopening.Open(_directory).Store.Dispose();
        var cut = _directory.Contents(last.Segment.Name);

        // Had the torn group stayed behind the footer, the bit turning back would make it a sound one.
        Assert.True(cut.Length < last.Position + last.Length || cut.AsSpan((int)last.Position).IndexOf("EMG1"u8) < 0);
        var opened = Reopening.Open(_directory);

        Assert.Equal(expected, StoreContents.Of(opened).ToString());
    }

    [Fact]
    public void Open_WhenTheNextSegmentWasBegunBeforeTheTornGroupWasFlushed_CutsIt()
    {
        var (expected, last) = Write(static journal => journal.BeginSegment(knownFlushed: 1, firstGroup: 3));
        _directory.Flip(last.Segment.Name, last.Position + 70, 1);

        var opened = Reopening.Open(_directory);

        Assert.Equal((2, 2, 0), (opened.LastGroup, opened.LastSegment, opened.DamagedRanges));
        Assert.Equal(expected, StoreContents.Of(opened).ToString());
        opened.Store.Dispose();

        // The number of the group that was cut is not given again, and nobody misses it.
        using var journal = new JournalBuilder(_directory, goesOn: opened);
        journal.Group(static group => group.Own("z", "z0"));
        var again = Reopening.Open(_directory);
        Assert.Equal((3, 3, 0), (again.LastGroup, again.LastSegment, again.DamagedRanges));
        again.Store.Dispose();
        Assert.Equal(0, Reopening.Open(_directory).DamagedRanges);
    }

    [Fact]
    public void Open_WhenTheNextSegmentCallsTheGroupFlushed_ReportsDamage()
    {
        var (_, last) = Write(static journal => journal.BeginSegment());
        _directory.Flip(last.Segment.Name, last.Position + 70, 1);

        Assert.Equal(1, Reopening.Open(_directory).DamagedRanges);
    }

    [Fact]
    public void Open_WhenAGroupFollowsInTheNextSegment_ReportsDamage()
    {
        var (_, last) = Write(static journal =>
        {
            journal.BeginSegment(knownFlushed: 1);
            journal.Group(static group => group.Own("c", "c0"));
        });
        _directory.Flip(last.Segment.Name, last.Position + 70, 1);

        var opened = Reopening.Open(_directory);

        Assert.Equal((3, 1), (opened.LastGroup, opened.DamagedRanges));
    }

    [Fact]
    public void Open_WhenTheFlushOfTheLastGroupHadFailed_MakesItDurable()
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0"));
        _directory.Plan = static operation => operation.Action == DeviceAction.Flush ? DeviceFault.Error : DeviceFault.None;
        Assert.Throws<IOException>(() => journal.Group(static group => group.Own("a", new string('x', 5000))));
        _directory.Plan = null;

        // The system still shows the group as a whole, and takes no trouble to write what it gave up.
        var restarted = _directory.Kill();
        var shown = StoreContents.Of(Reopening.Open(restarted)).ToString();
        for (var seed = 0; seed < 20; seed++)
        {
            var opened = Reopening.Open(restarted.Crash(seed));

            Assert.Equal(shown, StoreContents.Of(opened).ToString());
            Assert.Equal((2, 0), (opened.LastGroup, opened.DamagedRanges));
            restarted = _directory.Kill();
            Reopening.Open(restarted).Store.Dispose();
        }
    }

    /// <summary>Two groups; returns what the first alone says, and the second.</summary>
    private (string Expected, WrittenGroup Last) Write(Action<JournalBuilder>? then = null)
    {
        using var journal = new JournalBuilder(_directory);
        journal.Group(static group => group.Own("a", "a0", "a1").From("far", 7, "b", "b0"));
        var expected = journal.Expected.ToString();
        var last = journal.Group(static group => group.Own("a", "a2").Own("d", "d0", "d1"));
        then?.Invoke(journal);
        return (expected, last);
    }

    private void Put(string name, byte[] bytes)
    {
        if (_directory.List().Any(file => file.Name == name))
        {
            _directory.Delete(name);
        }

        using var file = _directory.Create(name, bytes.Length);
        file.Write(0, bytes);
        file.Flush();
    }
}
