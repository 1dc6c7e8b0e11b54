namespace EventMesh.Storage.Files.Retention;

/// <summary>When it pays to write what a segment still holds again, so that the rest of its room can go.</summary>
internal sealed class CleaningRule(FileStorageOptions options)
{
    // Heads are carried on where that frees this many times what is written, whatever is set for rewriting.
    private const int CarryPercent = 25;

    // What is known of a segment without reading it leaves out tables and headers, so a rewriting may turn out larger than it was chosen for, but not by any amount.
    private const int MostPercent = 50;

    private const int LeastShare = 64;

    /// <summary>Heads that a sweep carries on at most: each wakes its topic until the segment that it goes to is full.</summary>
    public const int MaxCarriedHeads = 1024;

    /// <summary>Segments that may hold nothing but heads. Beyond, the smaller ones' heads are put together, whether that frees much or not: each is an open file.</summary>
    public const int MaxHeadSegments = 16;

    /// <summary>The newest segments that are not rewritten: much of what they hold is about to go anyway.</summary>
    public const int NewestLeft = 2;

    /// <summary>Bytes of a head, as long as nobody has measured it.</summary>
    public const int HeadBytes = 128;

    /// <summary>Bytes that a sweep carries on at most.</summary>
    public long MaxCarriedBytes => options.SegmentBytes / 4;

    /// <summary>Whether segments are rewritten at all.</summary>
    public bool Rewrites => options.RewriteBelowPercent > 0;

    /// <summary>Whether a segment of <paramref name="fileBytes"/> is worth rewriting for the <paramref name="liveBytes"/> that it still holds.</summary>
    public bool IsWorthRewriting(long fileBytes, long liveBytes) => Frees(fileBytes, liveBytes, options.RewriteBelowPercent);

    /// <summary>Whether it still is, now that <paramref name="newBytes"/>, the new file's size with all that is about the records, is known.</summary>
    public bool IsWorthKeeping(long fileBytes, long newBytes) => Frees(fileBytes, newBytes, MostPercent);

    /// <summary>Whether it is worth carrying on heads of <paramref name="headBytes"/>, so that a segment of <paramref name="fileBytes"/> can go.</summary>
    public bool IsWorthCarrying(long fileBytes, long headBytes) => Frees(fileBytes, headBytes, CarryPercent);

    private bool Frees(long fileBytes, long keptBytes, int percent) =>
        keptBytes < fileBytes / 100.0 * percent && fileBytes - keptBytes >= options.SegmentBytes / LeastShare;
}
