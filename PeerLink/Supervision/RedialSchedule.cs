using EventMesh.PeerLink.Configuration;

namespace EventMesh.PeerLink.Supervision;

/// <summary>When to dial an address: at once at first, then with exponential backoff and full jitter. Pure; one owner.</summary>
/// <remarks>Each wait is uniform between a floor and a ceiling of 1, 2, 4 ... 30 seconds (by default), so that a mesh that lost one node does
/// not return to it in step.</remarks>
public sealed class RedialSchedule
{
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(5);

    private readonly LinkOptions _options;
    private readonly Func<double> _random;
    private int _failures;

    /// <summary>Creates a schedule; <paramref name="random"/> gives numbers of 0 to below 1.</summary>
    public RedialSchedule(LinkOptions options, Func<double> random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        _options = options;
        _random = random;
    }

    /// <summary>The earliest moment of the next dial.</summary>
    public TimeSpan NextDialAt { get; private set; }

    /// <summary>Dial at once: the first time, or because a wait has lost its reason.</summary>
    public void Now() => NextDialAt = TimeSpan.Zero;

    /// <summary>Takes back all doubling: the address has served well.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>Waits for the next step of the backoff, or for what the peer asked for (at most 5 minutes) and a little jitter, whichever is
    /// later.</summary>
    public void Failed(TimeSpan now, TimeSpan? comeBackAfter)
    {
        var ceiling = _options.BackoffInitial * Math.Pow(2, Math.Min(_failures, 30));
        _failures++;
        var wait = Jitter(ceiling < _options.BackoffMax ? ceiling : _options.BackoffMax);
        if (comeBackAfter is { } asked)
        {
            var hint = asked < LongestHint ? asked : LongestHint;
            hint += Jitter(_options.BackoffInitial);
            wait = hint > wait ? hint : wait;
        }

        NextDialAt = now + wait;
    }

    /// <summary>Waits at least as long as the longest backoff: the other side is expected to dial.</summary>
    public void LeaveToPeer(TimeSpan now) => NextDialAt = now + _options.BackoffMax + Jitter(_options.BackoffMax);

    private TimeSpan Jitter(TimeSpan ceiling) => Floor + (ceiling - Floor) * _random();
}
