using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Tests.Files.Golden;
using EventMesh.Storage.Tests.Files.Recovery;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Mutations;

/// <summary>A store's files before anything happens to them, with all that is known of them.</summary>
internal sealed class BaseStore
{
    private readonly List<WrittenGroup> _groups = [];
    private readonly List<(string Class, string File, long Position, long Length)> _regions = [];

    private BaseStore(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyList<(string Name, byte[] Bytes)> Files { get; private set; } = [];

    public required JournalBuilder Journal { get; init; }

    public IReadOnlyList<WrittenGroup> Groups => _groups;

    /// <summary>Whether it was closed in order.</summary>
    public required bool IsClosed { get; init; }

    /// <summary>Every kind of bytes that there is, with the places that have them.</summary>
    public ILookup<string, (string File, long Position, long Length)> Regions { get; private set; } = null!;

    /// <summary>One store of each sort.</summary>
    public static IReadOnlyList<BaseStore> All { get; } =
    [
        Make("open", hasCheckpoint: false, unsealed: 1, isClosed: false),
        Make("open with checkpoint", hasCheckpoint: true, unsealed: 1, isClosed: false),
        Make("two unsealed", hasCheckpoint: false, unsealed: 2, isClosed: false),
        Make("closed", hasCheckpoint: false, unsealed: 0, isClosed: true),
        Make("closed with checkpoint", hasCheckpoint: true, unsealed: 0, isClosed: true),
    ];

    /// <summary>The segments that had no footer.</summary>
    public IEnumerable<string> Unsealed => _regions.Where(static region => region.Class == "behind the groups").Select(static region => region.File);

    private static BaseStore Make(string name, bool hasCheckpoint, int unsealed, bool isClosed)
    {
        const int Segments = 4;
        var directory = new FaultyDirectory(1);
        var journal = new JournalBuilder(directory, segmentBytes: 8 * 1024);
        var store = new BaseStore(name) { Journal = journal, IsClosed = isClosed };
        for (var i = 0; i < Segments; i++)
        {
            journal.BeginSegment();
            store.WriteGroups(journal, i);
            if (i < Segments - unsealed)
            {
                journal.Seal(cut: i % 2 == 0);
            }

            if (hasCheckpoint && i == Segments - unsealed - 1)
            {
                GoldenStore.WriteCheckpoint(directory);
            }
        }

        if (isClosed)
        {
            journal.Close();
        }

        journal.Dispose();
        store.Files = GoldenStore.FilesOf(directory).ToList();
        store.FindRegions();
        return store;
    }

    private void WriteGroups(JournalBuilder journal, int i)
    {
        var producer = new ProducerStamp(ProducerId.Parse("p"), 3 * i);
        _groups.Add(journal.Group(group => group.Own("a", $"a{i}", "x", "y").From("far", 7, "b", $"b{i}").Own($"only-{i}", "o")));
        _groups.Add(journal.Group(group => group.Own("p", producer, "p", "q", "r").From("near", 5 + i, "b", "n").Gap("gappy", 9, 10 * (i + 1), "g")));
        _groups.Add(journal.Group(group => (i == 2 ? group.Trim("a", 4).Delete("only-1").Head("p") : group.Head("only-0")).Own("late", new string('l', 100 * i + 1))));
        _groups.Add(journal.Group(group => group.Own("a", $"z{i}").From("far", 7, "c", "c0", "c1").Lost("b", i + 1)));
    }

    private void FindRegions()
    {
        Add("store", StoreFile.Name, 0, 160);
        Add("store", StoreFile.Name, StoreState.SlotBytes, 160);
        Add("store's rest", StoreFile.Name, 160, StoreState.SlotBytes - 160);
        foreach (var group in _groups)
        {
            var table = (int)(group.Runs[0].Run.Position - group.TablePosition);
            Add("group header", group.Segment.Name, group.Position, GroupHeader.Bytes);
            Add("table", group.Segment.Name, group.TablePosition, table);
            Add("records", group.Segment.Name, group.Runs[0].Run.Position, group.Runs.Sum(static run => run.Run.Length));
            var end = group.Runs[^1].Run.Position + group.Runs[^1].Run.Length;
            Add("between groups", group.Segment.Name, end, group.Position + group.Length - end);
        }

        foreach (var (name, bytes) in Files)
        {
            FindRegions(name, bytes);
        }

        Regions = _regions.Where(static region => region.Length > 0).ToLookup(static region => region.Class, static region => (region.File, region.Position, region.Length));
    }

    private void FindRegions(string name, byte[] bytes)
    {
        if (name == CheckpointFile.Name)
        {
            Add("checkpoint header", name, 0, CheckpointHeader.Bytes);
            Add("checkpoint body", name, CheckpointHeader.Bytes, bytes.Length - CheckpointHeader.Bytes);
            return;
        }

        if (!SegmentFinder.TryParse(name, out _))
        {
            return;
        }

        Add("segment header", name, 0, 128);
        Add("segment header's rest", name, 128, SegmentHeader.PageBytes - 128);
        var end = _groups.Last(group => group.Segment.Name == name) is var last ? last.Position + last.Length : 0;
        if (FooterTrailer.TryRead(bytes.AsSpan(bytes.Length - FooterTrailer.Bytes), out var trailer))
        {
            Add("sections", name, trailer.FooterPosition, trailer.DirectoryPosition - trailer.FooterPosition);
            Add("directory", name, trailer.DirectoryPosition, trailer.DirectoryBytes);
            Add("trailer", name, bytes.Length - FooterTrailer.Bytes, FooterTrailer.Bytes);
        }
        else
        {
            Add("behind the groups", name, end, bytes.Length - end);
        }
    }

    private void Add(string kind, string file, long position, long length) => _regions.Add((kind, file, position, length));
}
