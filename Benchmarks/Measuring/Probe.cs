using System.Diagnostics;

namespace EventMesh.Benchmarks.Measuring;

/// <summary>Reads time, processor time and allocated bytes at the beginning and the end of a run.</summary>
internal readonly struct Probe
{
    private readonly bool _oneThread;
    private readonly long _allocated;
    private readonly TimeSpan _cpu;
    private readonly long _started;

    private Probe(bool oneThread)
    {
        _oneThread = oneThread;
        _allocated = Allocated(oneThread);
        _cpu = Environment.CpuUsage.TotalTime;
        _started = Stopwatch.GetTimestamp();
    }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>Counts what every thread allocates.</summary>
    public static Probe Start() => new(oneThread: false);

    /// <summary>Counts what this thread allocates; stop it on the same thread.</summary>
    public static Probe StartOnThisThread() => new(oneThread: true);

    public Sample Stop(long operations, Latencies? latencies = null)
    {
        var elapsed = Elapsed;
        return new Sample(operations, elapsed, Environment.CpuUsage.TotalTime - _cpu, Allocated(_oneThread) - _allocated, latencies);
    }

    private static long Allocated(bool oneThread) =>
        oneThread ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
}
