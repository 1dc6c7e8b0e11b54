using Orleans;

namespace EventMesh.Benchmarks.GrainCalls;

/// <inheritdoc cref="ICounterGrain"/>
public sealed class CounterGrain : Grain, ICounterGrain
{
    private long _sum;

    /// <inheritdoc/>
    public ValueTask<long> AddAsync(long amount) => new(_sum += amount);
}
