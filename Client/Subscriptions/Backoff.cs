using System.Security.Cryptography;

namespace EventMesh.Client.Subscriptions;

/// <summary>Waits between attempts: doubling, with half of it left to chance, so that a node that comes back is not met by all its clients at once.</summary>
internal sealed class Backoff(MeshClientOptions options)
{
    private TimeSpan _next = options.ReconnectDelay;

    /// <summary>Begins again at the shortest wait.</summary>
    public void Reset() => _next = options.ReconnectDelay;

    /// <summary>The next wait, at least as long as the hint says.</summary>
    public TimeSpan Next(TimeSpan? hint)
    {
        var share = RandomNumberGenerator.GetInt32(500, 1001) / 1000.0;
        var wait = _next * share;
        _next = _next * 2 < options.MaxReconnectDelay ? _next * 2 : options.MaxReconnectDelay;
        return hint > wait ? hint.Value : wait;
    }

    /// <summary>Waits; false when cancelled.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan? hint, CancellationToken cancellationToken)
    {
        var delay = Task.Delay(Next(hint), options.TimeProvider, cancellationToken);
        await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return delay.IsCompletedSuccessfully;
    }
}
