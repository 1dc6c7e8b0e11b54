using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.TestKit.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace EventMesh.Storage.Tests.Files.Format;

public sealed class FooterRoundTripTests
{
    private const int SegmentBytes = 4_000_000;
    private static readonly NodeId Own = NodeId.Parse("a");

    [Fact]
    public void RunTable_WhenReadBack_SaysTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(FormatGen.Run.ToArbitrary(), FormatGen.Topic.ToArbitrary(), (run, topic) =>
        {
            Span<byte> bytes = new byte[RunTable.MaxEntryBytes];
            var length = RunTable.WriteEntry(bytes, topic, run);
            var cursor = new SpanCursor(bytes[..length], "run", MeshErrorCode.LogCorrupted);

            Assert.Equal(run, RunTable.ReadEntry(ref cursor, 0, out var read));
            Assert.Equal(topic, read);
            Assert.Equal(0, cursor.Remaining);
        }));

    [Fact]
    public void Section_WhenReadBack_SaysTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(FormatGen.Content.ToArbitrary(), content =>
        {
            var bytes = Encode(content);

            Equal(content, SectionCodec.Read(bytes, uint.MaxValue, "section"));
        }));

    [Fact]
    public void Section_WhenAnyByteIsWrong_IsRefused()
    {
        var bytes = Encode(FormatGen.Content.Sample(20, 1).First());
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;

            Assert.Equal(
                MeshErrorCode.LogCorrupted, Assert.Throws<EventMeshException>(() => SectionCodec.Read(bytes, uint.MaxValue, "section")).Code);
            bytes[i] ^= 0x10;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Seal_WhenReadBack_NamesEveryTopicAndItsSection(bool cut) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(50),
        Prop.ForAll(FormatGen.Topic.ListOf().ToArbitrary(), FormatGen.Content.NonEmptyListOf().ToArbitrary(), (names, contents) =>
        {
            var topics = names.Distinct().Order().Select((name, i) => (name, contents[i % contents.Count])).ToList();
            var directory = new FaultyDirectory(1);
            var header = new SegmentHeader(Guid.Empty, 7, 3, IsRewritten: false, FirstGroup: 20, KnownFlushed: 19, Salt: 5, CreatedUnixMs: 1);
            var segment = new SegmentFile(directory.Create(SegmentFile.NameOf(7), SegmentBytes), SegmentFile.NameOf(7), header) { LastGroup = 24 };

            var entries = FooterWriter.Seal(Own, segment, endOfGroups: SegmentBytes - 1000, topics, cut);

            Assert.True(segment.IsSealed);
            Assert.True(cut || segment.File.Length >= SegmentBytes);
            var trailer = Assert.NotNull(FooterReader.ReadTrailer(segment.File, 7, 3));
            Assert.Equal((20, 24, SegmentBytes - 960u), (trailer.FirstGroup, trailer.LastGroup, trailer.FooterPosition));
            Assert.Equal(entries, FooterReader.ReadDirectory(segment.File, trailer));
            Assert.Equal(topics.Select(static topic => topic.name), entries.Select(static entry => entry.Topic));
            foreach (var (entry, (_, content)) in entries.Zip(topics))
            {
                Equal(content, SectionReader.Read(segment, entry.Slice));
                Assert.Equal(content.Head.Next, entry.Next);
                Assert.Equal(content.Runs.Sum(static run => (long)run.Length), entry.Slice.RecordBytes);
            }
        }));

    [Fact]
    public void ReadTrailer_WhenItIsOfAnotherLifeOfTheFile_FindsNone()
    {
        var directory = new FaultyDirectory(1);
        var header = new SegmentHeader(Guid.Empty, 7, 3, IsRewritten: false, FirstGroup: 20, KnownFlushed: 19, Salt: 5, CreatedUnixMs: 1);
        var segment = new SegmentFile(directory.Create("x", 8192), "x", header);

        FooterWriter.Seal(Own, segment, SegmentHeader.PageBytes, [], cut: false);

        Assert.Null(FooterReader.ReadTrailer(segment.File, 7, 4));
        Assert.Null(FooterReader.ReadTrailer(segment.File, 8, 3));
    }

    private static byte[] Encode(SliceContent content)
    {
        var writer = new FieldWriter();
        SectionCodec.Write(writer, new FieldWriter(), content);
        return writer.Written.ToArray();
    }

    private static void Equal(SliceContent expected, SliceContent actual)
    {
        Assert.Equal(expected.Runs, actual.Runs);
        Assert.Equal(expected.Before, actual.Before);
        Assert.Equal(expected.Head.Positions, actual.Head.Positions);
        Assert.Equal(expected.Head.Producers.Count, actual.Head.Producers.Count);
        foreach (var (one, other) in expected.Head.Producers.Zip(actual.Head.Producers))
        {
            Assert.Equal((one.Producer, one.LastSeenUnixMs), (other.Producer, other.LastSeenUnixMs));
            Assert.Equal(one.Recent, other.Recent);
        }

        Assert.Equal(Plain(expected.Head), Plain(actual.Head));
    }

    private static TopicHead Plain(TopicHead head) => head with { Positions = [], Producers = [] };
}
