using System.Numerics;

namespace EventMesh.PeerLink.Metrics;

/// <summary>Counts durations in buckets that double from one microsecond on. Fixed size, no allocation; one writer.</summary>
public sealed class LatencyHistogram
{
    private const int BucketCount = 40;
    private readonly long[] _counts = new long[BucketCount];

    /// <summary>Durations counted.</summary>
    public long Count { get; private set; }

    /// <summary>Counts one duration; a negative one counts as zero.</summary>
    public void Record(TimeSpan duration)
    {
        var micros = (ulong)Math.Max(0, duration.Ticks / TimeSpan.TicksPerMicrosecond);
        _counts[Math.Min(BucketCount - 1, BitOperations.Log2(micros + 1))]++;
        Count++;
    }

    /// <summary>An upper bound, at most twice too high, of the given share of the durations; zero when there are none.</summary>
    /// <param name="share">0 to 1: 0.5 for the median.</param>
    public TimeSpan Percentile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
            {
                return TimeSpan.FromMicroseconds((1L << (bucket + 1)) - 1);
            }
        }

        return TimeSpan.Zero;
    }
}
