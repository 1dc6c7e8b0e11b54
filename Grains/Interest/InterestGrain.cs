using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace EventMesh.Grains.Interest;

/// <summary>The one place where silos state their interest; <see cref="InterestBoard"/> does the work.</summary>
/// <remarks>Reentrant, so that a statement which waits for a slow silo does not hold up the others.</remarks>
[GrainType(MeshGrains.InterestType)]
[Reentrant]
[KeepAlive]
internal sealed class InterestGrain(
    IMeshMembership membership, [FromKeyedServices(MeshTime.Key)] TimeProvider time, ILogger<InterestBoard> logger) : Grain, IInterestGrain
{
    /// <summary>Well below the time that a caller waits for a response.</summary>
    private static readonly TimeSpan GateLimit = TimeSpan.FromSeconds(5);

    private InterestBoard? _board;

    private InterestBoard Board => _board ??= new InterestBoard(membership, time, logger);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _board?.Dispose();
        return Task.CompletedTask;
    }

    public async Task<InterestReply> StateAsync(InterestSet set, long knownEpoch, long knownVersion)
    {
        var version = Board.State(set, knownEpoch, knownVersion);
        var isApplied = await Board.WaitAppliedAsync(set.Silo, version, GateLimit);
        return Board.Reply(set.Silo, knownEpoch, knownVersion, isApplied);
    }

    public Task<InterestReply> LoadAsync(string silo, long knownEpoch, long knownVersion)
    {
        Board.Confirm(silo, knownEpoch, knownVersion);
        return Task.FromResult(Board.Reply(silo, knownEpoch, knownVersion, isApplied: false));
    }
}
