using Orleans;
using Orleans.Concurrency;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public sealed class TurnGrain(Probe probe) : Grain, ITurnGrain
{
    private int _sum;

    public Task WaitAsync(string gate) => HoldAsync(gate);

    public Task WaitInterleavedAsync(string gate) => HoldAsync(gate);

    public Task WaitReadOnlyAsync(string gate) => HoldAsync(gate);

    public Task WaitOneWayAsync(string gate) => HoldAsync(gate);

    public Task WaitBrieflyAsync(string gate) => HoldAsync(gate);

    public async Task<bool> WaitCancellableAsync(string gate, CancellationToken cancellationToken)
    {
        probe.Tell($"{gate} began");
        try
        {
            await probe.OpenedAsync(gate).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            probe.Tell($"{gate} was cancelled");
            throw;
        }

        return cancellationToken.CanBeCanceled;
    }

    public async Task<int> AddSlowlyAsync(int number, int rounds)
    {
        // Other calls between these turns would lose an addition.
        int seen = _sum;
        for (int i = 0; i < rounds; i++)
        {
            await Task.Yield();
        }

        _sum = seen + number;
        return _sum;
    }

    public async Task<bool> StaysOnSchedulerAsync()
    {
        TaskScheduler own = TaskScheduler.Current;
        await Task.Yield();
        bool afterYield = ReferenceEquals(own, TaskScheduler.Current);
        await Task.Run(static () => { });
        bool afterRun = ReferenceEquals(own, TaskScheduler.Current);
        return own != TaskScheduler.Default && afterYield && afterRun;
    }

    public async Task<string> CallItselfAsync(string gate)
    {
        await Task.Yield();
        return await this.AsReference<ITurnGrain>().EchoInterleavedAsync(gate);
    }

    public Task<string> EchoInterleavedAsync(string text) => Task.FromResult(text);

    private async Task HoldAsync(string gate)
    {
        probe.Tell($"{gate} began");
        await probe.OpenedAsync(gate);
        probe.Tell($"{gate} ended");
    }
}

[Reentrant]
public sealed class ReentrantGrain(Probe probe) : Grain, IReentrantGrain
{
    public async Task WaitAsync(string gate)
    {
        probe.Tell($"{gate} began");
        await probe.OpenedAsync(gate);
    }
}
