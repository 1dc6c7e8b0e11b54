using System.Numerics;

namespace EventMesh.Benchmarks.Measuring;

/// <summary>Counts durations in buckets that are about 3 % wide, from a microsecond to an hour. One writer.</summary>
internal sealed class Latencies
{
    private const int StepBits = 5;
    private const int Steps = 1 << StepBits;
    private readonly long[] _counts = new long[32 * Steps];

    public long Count { get; private set; }

    public void Record(TimeSpan duration)
    {
        var micros = (uint)Math.Clamp(duration.Ticks / TimeSpan.TicksPerMicrosecond, 0, uint.MaxValue / 2);
        _counts[BucketOf(micros)]++;
        Count++;
    }

    public void Add(Latencies other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The duration that the given share (0 to 1) did not exceed; zero when nothing was counted.</summary>
    public TimeSpan Percentile(double share)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
            {
                return TimeSpan.FromMicroseconds(UpperEndOf(bucket));
            }
        }

        return TimeSpan.Zero;
    }

    // Below 32 microseconds every one has its bucket; above, each doubling is cut into 32.
    private static int BucketOf(uint micros)
    {
        var shift = Math.Max(0, BitOperations.Log2(micros | 1) - StepBits);
        return (shift << StepBits) + (int)(micros >> shift);
    }

    private static long UpperEndOf(int bucket)
    {
        var shift = Math.Max(0, (bucket >> StepBits) - 1);
        return ((long)(bucket - (shift << StepBits) + 1) << shift) - 1;
    }
}
