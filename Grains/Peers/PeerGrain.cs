using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Grains.Peers;

/// <summary>One peer as the whole node sees it; <see cref="PeerBoard"/> decides. It forgets all when it moves: the next report brings it back.</summary>
[GrainType(MeshGrains.PeerType)]
internal sealed partial class PeerGrain : Grain, IPeerGrain
{
    private readonly PeerBoard _board;
    private readonly ILogger<PeerGrain> _logger;

    public PeerGrain(IMeshMembership membership, ILogger<PeerGrain> logger)
    {
        _board = new PeerBoard(silo => membership.Current.Gone.Contains(silo));
        _logger = logger;
    }

    public Task<bool> ClaimAsync(string silo)
    {
        var before = _board.Owner;
        var isOwner = _board.Claim(silo);
        LogOwnerIfChanged(before);
        return Task.FromResult(isOwner);
    }

    public Task<PeerHealth?> ReportAsync(PeerReport report)
    {
        var before = _board.Owner;
        var health = _board.Report?.Health ?? PeerHealth.Disconnected;
        var order = _board.Take(report);
        LogOwnerIfChanged(before);
        if (_board.Report is { } now && now.Health != health)
        {
            LogHealth(_logger, this.GetPrimaryKeyString(), health, now.Health, now.LastError);
        }

        return Task.FromResult(order);
    }

    public Task<PeerReport?> GetAsync() => Task.FromResult(_board.Report);

    public Task SetHealthAsync(PeerHealth health)
    {
        _board.Override(health);
        return Task.CompletedTask;
    }

    private void LogOwnerIfChanged(string? before)
    {
        if (_board.Owner is { } owner && owner != before)
        {
            LogOwner(_logger, this.GetPrimaryKeyString(), owner);
        }
    }

    [LoggerMessage(EventIds.PeerOwner, LogLevel.Debug, "The link to peer {Peer} is silo {Silo}'s.")]
    private static partial void LogOwner(ILogger logger, string peer, string silo);

    [LoggerMessage(EventIds.PeerHealthChanged, LogLevel.Information, "Peer {Peer} was {Before} and is {After}. Last link error: '{LastError}'.")]
    private static partial void LogHealth(ILogger logger, string peer, PeerHealth before, PeerHealth after, string lastError);
}
