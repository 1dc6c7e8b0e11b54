using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Opens a store: finds out what its files hold, whatever state the last life left them in. See "Opening" in <c>docs/formats/journal.md</c>.</summary>
/// <remarks>
/// Footers say what sealed segments hold; only a segment without one is read through, and is sealed. Nothing is shown before it is durable. Damage is
/// reported and named, never fatal: what can be read is served. Only the <c>store</c> file, a version that is not known, and a disk that fails stop it.
/// One thread.
/// </remarks>
internal sealed partial class StoreRecovery
{
    private readonly IStoreDirectory _directory;
    private readonly FileStorageOptions _options;
    private readonly NodeId _node;
    private readonly DamageReport _damage;
    private readonly ILogger _logger;
    private readonly StoreOpening _opening;
    private readonly List<FoundSegment> _segments = [];
    private readonly TopicCollector _topics = new();
    private readonly LostGroups _lost = new();

    private StoreRecovery(IStoreDirectory directory, FileStorageOptions options, StoreOpening opening, DamageReport damage, ILogger logger)
    {
        (_directory, _options, _opening, _damage, _logger) = (directory, options, opening, damage, logger);
        _node = opening.File.State.Node;
    }

    /// <summary>Opens the store of <paramref name="node"/> in <paramref name="directory"/>, or makes one where there is none.</summary>
    /// <param name="directory">The directory; the caller has locked it.</param>
    /// <param name="options">The store's options.</param>
    /// <param name="node">The node.</param>
    /// <param name="heardOf">The greatest incarnation of the node that was heard of elsewhere; the one that begins is greater.</param>
    /// <param name="services">Clock, randomness and logger.</param>
    /// <param name="damage">Keeps the evidence of damage.</param>
    /// <exception cref="EventMeshException"><c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>, or <c>LogCorrupted</c> where it cannot be told whose store it is.</exception>
    /// <exception cref="IOException">The disk failed; everything is as it was, and may be opened again.</exception>
    public static RecoveredStore Open(
        IStoreDirectory directory, FileStorageOptions options, NodeId node, Incarnation heardOf, FileLogServices services, DamageReport damage)
    {
        var opening = StoreOpening.Begin(directory, node, heardOf, services);
        var recovery = new StoreRecovery(directory, options, opening, damage, services.Logger);
        try
        {
            return recovery.Run(services.Time);
        }
        catch (Exception)
        {
            recovery._segments.ForEach(static segment => segment.File.File.Dispose());
            opening.File.Dispose();
            throw;
        }
    }

    private RecoveredStore Run(TimeProvider time)
    {
        var damagedBefore = _damage.Count;
        FindSegments();
        var end = new JournalEnd(_segments, _opening.File.State.LastGroup, _opening.WasClosed);
        var reader = new GroupReader(_segments, end, _lost, _damage, _logger);
        var kept = new SegmentSet();
        for (var i = 0; i < _segments.Count; i++)
        {
            if (ReadFooter(_segments[i]) || ReadGroups(reader, i))
            {
                kept.Put(_segments[i].File);
            }
        }

        var table = new TopicTable(_options);
        _topics.Load(table);
        var file = _opening.File;
        Remember(time);
        return new RecoveredStore(
            file,
            new NodeIdentity(_node, file.State.Incarnation),
            kept,
            table,
            _segments.Aggregate(file.State.LastSegment, static (last, segment) => Math.Max(last, segment.File.Number)),
            kept.All().Aggregate(Math.Max(end.KnownFlushed, file.State.DoubtGroup), static (last, segment) => Math.Max(last, segment.LastGroup)),
            _topics.LastAppendUnixMs,
            _damage.Count - damagedBefore);
    }

    private void FindSegments()
    {
        foreach (var file in _directory.List())
        {
            if (SegmentFinder.TryParse(file.Name, out var number)
                && SegmentFinder.Open(_directory, file.Name, number, _opening.File.State.Store) is { } segment)
            {
                _segments.Add(new FoundSegment(segment, FooterReader.ReadTrailer(segment.File, number, segment.Header.Generation)));
            }
        }
    }

    /// <summary>Takes up a segment that has a sound footer; false when it has none.</summary>
    private bool ReadFooter(FoundSegment found)
    {
        if (found.Trailer is not { } trailer)
        {
            return false;
        }

        if (FooterReader.ReadDirectory(found.File.File, trailer) is not { } entries)
        {
            _damage.OnDamaged(
                found.File, trailer.DirectoryPosition, trailer.DirectoryBytes, "the directory of the segment's footer: it is made again from the groups, nothing is lost");
            return false;
        }

        found.File.LastGroup = trailer.LastGroup;
        found.File.IsSealed = true;
        _topics.Add(entries);
        return true;
    }

    /// <summary>Takes up a segment by its groups, and seals it; false when it held nothing and is gone.</summary>
    private bool ReadGroups(GroupReader reader, int index)
    {
        var found = _segments[index];
        var read = reader.Read(index);
        if (read.Contents.Slices.Count == 0 && !read.IsDamaged)
        {
            // It was begun, and nothing came of it. Its number is not given again.
            found.File.File.Dispose();
            _directory.Delete(found.File.Name);
            _directory.Flush();
            return false;
        }

        _topics.Add(read.Contents.Seal(_node, _options, topic => HeadBefore(topic) ?? read.OtherHead(topic), cut: true));
        LogRead(found.File.Name, read.Contents.Slices.Count, found.File.LastGroup);
        return true;
    }

    private TopicHead? HeadBefore(TopicName topic)
    {
        var slices = _topics.SlicesOf(topic);
        if (slices.IsEmpty)
        {
            return null;
        }

        var slice = slices[^1];
        return SectionReader.Read(_segments.Find(found => found.File.Number == slice.Segment)!.File, slice).Head;
    }

    /// <summary>Writes down what this opening has found out and what the next one must know.</summary>
    private void Remember(TimeProvider time)
    {
        var state = _opening.File.State;
        var next = _lost.AddTo(state);
        if (_topics.LastIncarnation >= next.Incarnation)
        {
            // The newer copy of the store's file was lost: the log itself knows what the node has begun.
            next = next with { Incarnation = Incarnation.Next(_topics.LastIncarnation, time.GetUtcNow()) };
        }

        if (next != state)
        {
            StoreOpening.WriteTwice(_opening.File, next);
        }
    }

    [LoggerMessage(EventIds.SegmentRead, LogLevel.Information, "{Segment} had no footer: its groups were read, up to {LastGroup}, and it was sealed with {Topics} topics")]
    private partial void LogRead(string segment, int topics, long lastGroup);
}
