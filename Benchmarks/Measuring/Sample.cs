namespace EventMesh.Benchmarks.Measuring;

/// <summary>What one run of a case did.</summary>
/// <param name="Operations">How many.</param>
/// <param name="Elapsed">In how long.</param>
/// <param name="Cpu">Processor time of the whole process meanwhile: it says more than the rate where others use the machine too.</param>
/// <param name="AllocatedBytes">Bytes that were allocated.</param>
/// <param name="Latencies">Of single operations, where they were measured.</param>
internal sealed record Sample(long Operations, TimeSpan Elapsed, TimeSpan Cpu, long AllocatedBytes, Latencies? Latencies = null)
{
    public double PerSecond => Operations / Elapsed.TotalSeconds;
}
