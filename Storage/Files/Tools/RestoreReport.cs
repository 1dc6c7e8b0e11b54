using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Tools;

/// <summary>How <see cref="FileLogTools.Restore"/> goes about it.</summary>
public sealed class RestoreOptions
{
    /// <summary>The greatest incarnation of the node that its peers hold events of, where that is known to lie in the future: the next one is greater. Default: none.</summary>
    public Incarnation Above { get; set; }

    /// <summary>Whether a backup that is damaged is restored all the same: what it lost becomes gaps. Default: no.</summary>
    public bool AcceptsDamage { get; set; }
}

/// <summary>What <see cref="FileLogTools.Restore"/> has done.</summary>
/// <param name="Location">Where the store is.</param>
/// <param name="IsDone">Whether it is there; false where the backup is damaged and that was not accepted: then nothing is left at the location.</param>
/// <param name="Node">Whose store it is.</param>
/// <param name="MadeAt">When the backup was made; null where it is a store that was closed.</param>
/// <param name="Incarnation">What the node's next incarnation is greater than.</param>
/// <param name="Segments">Segments that were copied.</param>
/// <param name="Bytes">Bytes that were copied.</param>
/// <param name="DamageCount">Findings of <see cref="StoreFindingKind.Damage"/>.</param>
/// <param name="Findings">The first 1,000 findings, notes included.</param>
public sealed record RestoreReport(
    string Location,
    bool IsDone,
    NodeId Node,
    DateTimeOffset? MadeAt,
    Incarnation Incarnation,
    int Segments,
    long Bytes,
    long DamageCount,
    IReadOnlyList<StoreFinding> Findings);
