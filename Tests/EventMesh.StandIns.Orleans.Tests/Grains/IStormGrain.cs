using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface IStormGrain : IGrainWithStringKey
{
    Task<int> TurnAsync(int rounds, bool endAfterwards);

    [AlwaysInterleave]
    Task<int> InterleaveAsync(int rounds);

    Task<int> ForwardAsync(IStormGrain other, int rounds);
}

/// <summary>Notes which activations live where, and whether turns or activations ever overlap.</summary>
public sealed class StormLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<(string Silo, Guid Activation)>> _live = [];
    private readonly HashSet<string> _killed = [];
    private readonly List<string> _violations = [];

    public List<string> Violations
    {
        get
        {
            lock (_gate)
            {
                return [.. _violations];
            }
        }
    }

    public void OnActivated(string key, string silo, Guid activation)
    {
        lock (_gate)
        {
            HashSet<(string Silo, Guid Activation)> live = _live.TryGetValue(key, out var known) ? known : _live[key] = [];
            live.RemoveWhere(one => _killed.Contains(one.Silo));
            if (live.Count > 0)
            {
                _violations.Add($"{key} was activated on {silo} while it lived on {live.First().Silo}");
            }

            live.Add((silo, activation));
        }
    }

    public void OnDeactivated(string key, string silo, Guid activation)
    {
        lock (_gate)
        {
            _live[key].Remove((silo, activation));
        }
    }

    public void OnOverlap(string key)
    {
        lock (_gate)
        {
            _violations.Add($"two turns of {key} ran at once");
        }
    }

    public void OnKilling(string silo)
    {
        lock (_gate)
        {
            _killed.Add(silo);
        }
    }
}

public sealed class StormGrain(StormLedger ledger, ILocalSiloDetails silo) : Grain, IStormGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private readonly string _silo = silo.SiloAddress.ToParsableString();
    private bool _inTurn;
    private int _onThread;
    private int _count;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        ledger.OnActivated(this.GetPrimaryKeyString(), _silo, _activation);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.Yield();
        ledger.OnDeactivated(this.GetPrimaryKeyString(), _silo, _activation);
    }

    public async Task<int> TurnAsync(int rounds, bool endAfterwards)
    {
        if (_inTurn)
        {
            ledger.OnOverlap(this.GetPrimaryKeyString());
        }

        _inTurn = true;
        await SpinAsync(rounds);
        _inTurn = false;
        if (endAfterwards)
        {
            DeactivateOnIdle();
        }

        return ++_count;
    }

    public async Task<int> InterleaveAsync(int rounds)
    {
        await SpinAsync(rounds);
        return _count;
    }

    public Task<int> ForwardAsync(IStormGrain other, int rounds) => other.InterleaveAsync(rounds);

    /// <summary>Interleaving or not, only one thread is ever in here.</summary>
    private async Task SpinAsync(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            if (Interlocked.Exchange(ref _onThread, 1) != 0)
            {
                ledger.OnOverlap(this.GetPrimaryKeyString());
            }

            Volatile.Write(ref _onThread, 0);
            await Task.Yield();
        }
    }
}
