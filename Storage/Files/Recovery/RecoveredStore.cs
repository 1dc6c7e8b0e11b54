using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>What opening a directory found: everything that writing goes on from. All segments are sealed.</summary>
/// <param name="Store">The store's file, written with the new incarnation and state open.</param>
/// <param name="Identity">The node and its new incarnation.</param>
/// <param name="Segments">The journal's segments.</param>
/// <param name="Topics">Every topic, idle.</param>
/// <param name="LastSegment">The greatest segment number ever given; 0 for none.</param>
/// <param name="LastGroup">The last group that counts; 0 for none.</param>
/// <param name="LastAppendUnixMs">The time of the last append in any topic; 0 for none.</param>
/// <param name="DamagedRanges">Ranges of bytes that were found damaged at this opening.</param>
/// <param name="Debt">What the next start would have to read.</param>
internal sealed record RecoveredStore(
    StoreFile Store,
    NodeIdentity Identity,
    SegmentSet Segments,
    TopicTable Topics,
    long LastSegment,
    long LastGroup,
    long LastAppendUnixMs,
    int DamagedRanges,
    CheckpointDebt Debt)
{
    /// <summary>Offsets that a topic must skip before anything but its head is written of it: they may have been given to records that were lost without a trace.</summary>
    /// <remarks>
    /// The journal hands over runs of lost records, without an origin, that cover them, in front of everything else. These lie beyond the doubt, so they are the only
    /// ones. A topic that is new to the store is no exception.
    /// </remarks>
    /// <param name="lastGroup">The last group that has a run of the topic other than a trim; 0 for none.</param>
    public long DoubtFor(long lastGroup) => lastGroup < Store.State.DoubtGroup ? Store.State.DoubtCount : 0;
}

/// <summary>How far the checkpoint is behind.</summary>
/// <param name="CheckpointBytes">Bytes of the last one; 0 for none.</param>
/// <param name="SealedBytes">Bytes of the segments that it does not speak for.</param>
internal readonly record struct CheckpointDebt(long CheckpointBytes, long SealedBytes);
