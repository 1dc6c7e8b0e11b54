using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Tools;

/// <summary>What <see cref="FileLogTools.Backup"/> has done.</summary>
/// <param name="Location">Where the backup is.</param>
/// <param name="Node">Whose store it is of.</param>
/// <param name="Incarnation">The greatest that the node had begun.</param>
/// <param name="LastGroup">The last group in it.</param>
/// <param name="Segments">Segments in it.</param>
/// <param name="ReusedSegments">Those of them that the last backup had already.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="CopiedBytes">Bytes that were copied for it.</param>
/// <param name="DamageCount">Findings of <see cref="StoreFindingKind.Damage"/>: what is damaged in the store is so in the backup.</param>
/// <param name="Findings">The first 1,000 findings, notes included.</param>
public sealed record BackupReport(
    string Location,
    NodeId Node,
    Incarnation Incarnation,
    long LastGroup,
    int Segments,
    int ReusedSegments,
    long Bytes,
    long CopiedBytes,
    long DamageCount,
    IReadOnlyList<StoreFinding> Findings)
{
    /// <summary>Whether everything in it checks out.</summary>
    public bool IsSound => DamageCount == 0;
}
