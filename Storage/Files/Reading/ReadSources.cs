using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>What readers of a store share.</summary>
/// <param name="Topics">The topics.</param>
/// <param name="Segments">The segments that their records are in.</param>
/// <param name="Sections">What sealed segments say of their topics.</param>
/// <param name="Node">Whose store it is: the origin of runs that name none.</param>
/// <param name="Damage">Hears of bytes that do not check out.</param>
internal sealed record ReadSources(TopicTable Topics, SegmentSet Segments, SectionCache Sections, NodeId Node, IDamageSink Damage)
{
    /// <summary>An origin as runs name it.</summary>
    public RunOrigin OriginOf(NodeId node) => new(node, node == Node);

    /// <summary>Holds the runs at <paramref name="place"/>; false when their segment has just been taken out of the journal: look the place up again.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section is damaged, or the segment is missing. <c>LogClosed</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryHold(TopicLog topic, in TopicPlace place, out HeldRuns held)
    {
        if (place.OpenSegment is not { } open)
        {
            return TryHold(topic, place.Slices, place.Slice, out held);
        }

        held = open.TryAcquire() ? new HeldRuns(open, place.OpenRuns) : default;
        return held.IsHeld || (Segments.IsClosed ? throw Closed() : false);
    }

    /// <summary>Holds slice number <paramref name="index"/> of <paramref name="slices"/>; false when its segment has just been taken out of the journal.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section is damaged, or the segment is missing. <c>LogClosed</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryHold(TopicLog topic, SegmentSlice[] slices, int index, out HeldRuns held)
    {
        var slice = slices[index];
        held = default;
        if (Segments.Acquire(slice) is not { } segment)
        {
            // A segment leaves its topics before it leaves the journal.
            return Segments.IsClosed ? throw Closed()
                : TopicHeads.SlicesOf(topic) != slices ? false
                : throw new EventMeshException(
                    MeshErrorCode.LogCorrupted, $"'{SegmentFile.NameOf(slice.Segment)}' holds records of topic '{topic.Name}' but is not part of the journal. Report this with the store's files.");
        }

        try
        {
            held = new HeldRuns(segment, Sections, Sections.Acquire(segment, slice));
            return true;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            Damage.OnDamaged(segment, slice.Position, slice.Length, $"The section of topic '{topic.Name}'; its records there cannot be found, nor can the footer's directory be read that names it: {e.Message}");
            throw;
        }
        finally
        {
            if (!held.IsHeld)
            {
                segment.Release();
            }
        }
    }

    private EventMeshException Closed() => new(MeshErrorCode.LogClosed, $"The log of '{Node}' is closed.");
}
