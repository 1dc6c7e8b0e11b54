using Orleans;
using Orleans.Concurrency;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

/// <summary>Tells the probe of its silo when calls begin and end, and waits there for gates.</summary>
public interface ITurnGrain : IGrainWithStringKey
{
    Task WaitAsync(string gate);

    [AlwaysInterleave]
    Task WaitInterleavedAsync(string gate);

    [ReadOnly]
    Task WaitReadOnlyAsync(string gate);

    [OneWay]
    Task WaitOneWayAsync(string gate);

    Task<bool> WaitCancellableAsync(string gate, CancellationToken cancellationToken);

    [ResponseTimeout("00:00:02")]
    Task WaitBrieflyAsync(string gate);

    Task<int> AddSlowlyAsync(int number, int rounds);

    Task<bool> StaysOnSchedulerAsync();

    Task<string> CallItselfAsync(string gate);

    [AlwaysInterleave]
    Task<string> EchoInterleavedAsync(string text);
}

public interface IReentrantGrain : IGrainWithStringKey
{
    Task WaitAsync(string gate);
}
