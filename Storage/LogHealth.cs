namespace EventMesh.Storage;

/// <summary>Whether a log takes appends.</summary>
public enum LogStatus
{
    /// <summary>It does.</summary>
    Healthy,

    /// <summary>It has no room: appends are refused with <c>LogFull</c>, reading goes on, and it recovers by itself when there is room.</summary>
    Full,

    /// <summary>A write or flush has failed: nothing is acknowledged until the store is opened again. Reading goes on.</summary>
    Failed,
}

/// <summary>What a log says of itself.</summary>
/// <param name="Status">Whether appends are taken.</param>
/// <param name="Reason">Why not: what failed, where, and what to do; empty when healthy.</param>
/// <param name="DamagedRanges">Ranges of stored bytes that were found damaged since the store was opened; each is in the damage report.</param>
/// <param name="Location">Where the data are: a directory, or <c>memory</c>.</param>
public sealed record LogHealth(LogStatus Status, string Reason, int DamagedRanges, string Location);
