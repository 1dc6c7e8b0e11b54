using Orleans;

namespace EventMesh.Benchmarks.GrainCalls;

/// <summary>A grain that does as good as nothing, so that the call is what is measured.</summary>
public interface ICounterGrain : IGrainWithStringKey
{
    /// <summary>Adds and returns the sum.</summary>
    ValueTask<long> AddAsync(long amount);
}
