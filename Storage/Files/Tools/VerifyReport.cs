namespace EventMesh.Storage.Files.Tools;

/// <summary>What <see cref="FileLogTools.Verify"/> has found.</summary>
/// <param name="Location">Where the store is.</param>
/// <param name="Store">What the <c>store</c> file says; null where it is damaged or missing.</param>
/// <param name="Segments">Segments that were checked.</param>
/// <param name="Groups">Groups in them.</param>
/// <param name="Runs">Runs in those.</param>
/// <param name="Events">Events in those.</param>
/// <param name="Topics">Topics that they are of.</param>
/// <param name="Bytes">Bytes that were read.</param>
/// <param name="LastGroup">The last group that was found whole.</param>
/// <param name="DamageCount">Findings of <see cref="StoreFindingKind.Damage"/>.</param>
/// <param name="KnownCount">Findings of <see cref="StoreFindingKind.Known"/>.</param>
/// <param name="Findings">The first 1,000 findings, notes included.</param>
public sealed record VerifyReport(
    string Location,
    StoreDescription? Store,
    int Segments,
    long Groups,
    long Runs,
    long Events,
    int Topics,
    long Bytes,
    long LastGroup,
    long DamageCount,
    long KnownCount,
    IReadOnlyList<StoreFinding> Findings)
{
    /// <summary>Whether nothing is wrong but what the node has found and dealt with already.</summary>
    public bool IsSound => DamageCount == 0;
}
