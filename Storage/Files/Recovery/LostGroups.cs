using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Groups that were lost together with their tables: which topics they held is not known. Not thread-safe.</summary>
internal sealed class LostGroups
{
    /// <summary>No segment's groups take more: bounds what can be lost of one that nothing is left of.</summary>
    public const long MaxSegmentBytes = 1024L * 1024 * 1024;

    /// <summary>The last of them; 0 for none.</summary>
    public long LastGroup { get; private set; }

    /// <summary>The most records that they can have held.</summary>
    public long MaxRecords { get; private set; }

    /// <summary>Adds lost groups up to number <paramref name="last"/>, whose records had at most <paramref name="bytes"/> bytes.</summary>
    public void Add(long last, long bytes)
    {
        LastGroup = Math.Max(LastGroup, last);
        MaxRecords += (Math.Max(0, bytes) / RunTable.MinEntryBytes) + 1;
    }

    /// <summary>What the store remembers from now on.</summary>
    /// <remarks>
    /// A lost group may have held the very run of lost records that answered an earlier doubt, which has no bytes: so doubts add up.
    /// </remarks>
    public StoreState AddTo(StoreState state) => LastGroup == 0
        ? state
        : state with { DoubtGroup = Math.Max(state.DoubtGroup, LastGroup), DoubtCount = state.DoubtCount + MaxRecords };
}
