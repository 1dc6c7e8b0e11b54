using Orleans;
using Orleans.Concurrency;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface IListener : IGrainObserver
{
    Task<string> HearAsync(string text);

    [OneWay]
    Task OverhearAsync(string text);

    void Notice(string text);

    [ResponseTimeout("00:00:00.2")]
    Task<string> HearBrieflyAsync(string text);
}

public interface ISpeakerGrain : IGrainWithStringKey
{
    Task<string> SpeakAsync(IListener listener, string text);

    Task<string> SpeakBrieflyAsync(IListener listener, string text);

    Task WhisperAsync(IListener listener, string text);
}

public sealed class SpeakerGrain : Grain, ISpeakerGrain
{
    public Task<string> SpeakAsync(IListener listener, string text) => listener.HearAsync(text);

    public Task<string> SpeakBrieflyAsync(IListener listener, string text) => listener.HearBrieflyAsync(text);

    public async Task WhisperAsync(IListener listener, string text)
    {
        await listener.OverhearAsync(text);
        listener.Notice(text);
    }
}

public interface IClockGrain : IGrainWithStringKey
{
    Task StartAsync(TimeSpan period, bool interleave);

    Task StopAsync();

    Task HoldAsync(string gate);
}

/// <summary>Tells each tick. It counts whether ticks ever overlap.</summary>
public sealed class ClockGrain(Probe probe) : Grain, IClockGrain
{
    private global::Orleans.Runtime.IGrainTimer? _timer;
    private int _ticks;

    public Task StartAsync(TimeSpan period, bool interleave)
    {
        _timer = this.RegisterGrainTimer(
            static (state, token) => state.TickAsync(token), this, new() { DueTime = TimeSpan.Zero, Period = period, Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public async Task HoldAsync(string gate)
    {
        probe.Tell($"{gate} began");
        await probe.OpenedAsync(gate);
        probe.Tell($"{gate} ended");
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        probe.Tell($"tick {++_ticks}");
        if (_ticks == 2)
        {
            throw new InvalidOperationException("A failing tick does not stop the timer.");
        }
    }
}
