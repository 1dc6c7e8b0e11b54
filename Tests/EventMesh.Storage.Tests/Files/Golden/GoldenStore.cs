using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Tests.Files.Recovery;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Golden;

/// <summary>A small store that has one of everything: two sealed segments, a checkpoint of them, and one that is being written.</summary>
internal static class GoldenStore
{
    public const string ExpectedName = "expected.txt";

    /// <summary>Writes the store as this release does. Whatever it writes is the same every time.</summary>
    /// <returns>What it holds.</returns>
    public static JournalBuilder Write(FaultyDirectory directory)
    {
        var producer = ProducerId.Parse("meter-7");
        var journal = new JournalBuilder(directory, segmentBytes: 8 * 1024);
        journal.Group(group => group
            .Own("orders.eu.created", "o0", "o1", "o2")
            .Own("orders.us.created", new ProducerStamp(producer, 0), "u0", "u1")
            .From("far-away", JournalBuilder.Epoch - 5, "shared", "s0", "s1"));
        journal.Group(group => group
            .Gap("far-away", JournalBuilder.Epoch - 5, 9, "shared")
            .Own("orders.us.created", new ProducerStamp(producer, 2), "u2")
            .Own("gone", "g0")
            .Own("$state.peers", "p0"));
        journal.Seal(cut: true);
        journal.Group(group => group.Own("orders.eu.created", "o3").From("far-away", JournalBuilder.Epoch - 5, "shared", "s10"));
        journal.Group(group => group.Trim("orders.eu.created", 2).Delete("gone").Lost("$state.peers", 3));
        journal.Group(group => group.Head("orders.us.created").From("near", JournalBuilder.Epoch - 9, "shared", "n0", "n1"));
        journal.Seal();
        WriteCheckpoint(directory);
        journal.Group(group => group.Head("gone").Own("orders.eu.created", "o4", new string('x', 300)).Own("$state.peers", "p4"));
        journal.Group(group => group.From("far-away", JournalBuilder.Epoch + 1, "shared", "s0 again").Own("late", "l0"));
        return journal;
    }

    /// <summary>Copies files into a directory.</summary>
    public static FaultyDirectory Copy(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        var directory = new FaultyDirectory(1);
        foreach (var (name, bytes) in files)
        {
            using var file = directory.Create(name, bytes.Length);
            file.Write(0, bytes);
            file.Flush();
        }

        directory.Flush();
        return directory;
    }

    /// <summary>All files of a directory.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> FilesOf(FaultyDirectory directory) =>
        directory.List().Select(file => (file.Name, directory.Contents(file.Name)));

    /// <summary>Writes a checkpoint of all that is sealed.</summary>
    public static void WriteCheckpoint(FaultyDirectory directory)
    {
        // Opening changes the files, so a copy is opened.
        var copy = Copy(FilesOf(directory));
        var opened = Reopening.Open(copy);
        CheckpointFile.Write(copy, opened.Store.State.Store, opened.Segments.All(), opened.Topics);
        var bytes = copy.Contents(CheckpointFile.Name);
        using var file = directory.Create(CheckpointFile.Name, bytes.Length);
        file.Write(0, bytes);
        file.Flush();
    }
}
