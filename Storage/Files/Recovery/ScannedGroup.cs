using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>How much of a group checks out.</summary>
internal enum GroupState
{
    /// <summary>All of it.</summary>
    Sound,

    /// <summary>Header and table do; the records of some runs do not.</summary>
    RecordsDamaged,

    /// <summary>The header does, so its number and length are known; what it held is not.</summary>
    TableDamaged,

    /// <summary>Bytes before the next sound header that are no group: one or more are lost there.</summary>
    Missing,
}

/// <summary>What <see cref="SegmentScanner"/> found at a place of a segment.</summary>
/// <param name="State">How much of it checks out.</param>
/// <param name="Position">Its first byte.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="FirstNumber">The group's number; where groups are missing, the first of them.</param>
/// <param name="LastNumber">The group's number; where groups are missing, the last of them.</param>
/// <param name="RecordBytes">The most bytes that its records can have.</param>
/// <param name="Runs">Its runs, where its table is sound; valid until the scanner moves on.</param>
internal readonly record struct ScannedGroup(
    GroupState State, long Position, long Length, long FirstNumber, long LastNumber, long RecordBytes, IReadOnlyList<ScannedRun> Runs);

/// <summary>A run of a group that was scanned.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Run">The run, with its place in the file.</param>
/// <param name="IsSound">Whether its bytes match their checksum.</param>
internal readonly record struct ScannedRun(TopicName Topic, RunDescriptor Run, bool IsSound);
