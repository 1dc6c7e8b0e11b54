using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;

namespace EventMesh.Grains.Sessions;

/// <summary>An Orleans client's subscription on the silo that the client entered the cluster by.</summary>
/// <remarks>A client that has not pulled for two minutes is gone: its session is collected, and a later pull is told to open it again.</remarks>
[GrainType(MeshGrains.SessionType)]
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class SessionGrain(IMeshSilo silo, ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);
    private ISiloSession? _session;
    private bool _isPulling;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => CloseAsync();

    public async Task<SessionOpened> OpenAsync(SessionOpen request)
    {
        await CloseAsync();
        try
        {
            _session = await silo.OpenSessionAsync(request, CancellationToken.None);
            LogOpened(logger, this.GetPrimaryKeyString(), request.Patterns.Length);
            return new SessionOpened(MeshErrorCode.None, "", _session.SinceUnixMs);
        }
        catch (EventMeshException refusal)
        {
            DeactivateOnIdle();
            return new SessionOpened(refusal.Code, refusal.Message, 0);
        }
    }

    public async Task<PullReply> PullAsync(int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (Refuse(maxBytes, wait) is { } refusal)
        {
            return refusal;
        }

        var session = _session!;
        _isPulling = true;
        try
        {
            return new PullReply(MeshErrorCode.None, "", await session.PullAsync(maxBytes, wait, cancellationToken));
        }
        catch (EventMeshException failure)
        {
            return new PullReply(failure.Code, failure.Message, []);
        }
        finally
        {
            // A session that was opened meanwhile is free: its own pulls have nothing to do with this one.
            _isPulling = _isPulling && _session != session;
        }
    }

    public async Task CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            _isPulling = false;
            await session.DisposeAsync();
            LogClosed(logger, this.GetPrimaryKeyString());
        }
    }

    private PullReply? Refuse(int maxBytes, TimeSpan wait)
    {
        if (maxBytes is < 1 or > EventLimits.MaxBatchBytes || wait < TimeSpan.Zero || wait > MaxWait)
        {
            return new PullReply(
                MeshErrorCode.InvalidArgument, $"A pull takes 1 to {EventLimits.MaxBatchBytes} bytes and waits up to {MaxWait.TotalSeconds} s.", []);
        }

        if (_session is null)
        {
            DeactivateOnIdle();
            return new PullReply(MeshErrorCode.SessionUnknown, "The session is not open here: open it at the cursors that you have reached.", []);
        }

        return _isPulling ? new PullReply(MeshErrorCode.Busy, "Another pull of this session is under way.", []) : null;
    }

    [LoggerMessage(EventIds.SessionOpened, LogLevel.Debug, "Session {Session} is open with {Patterns} patterns.")]
    private static partial void LogOpened(ILogger logger, string session, int patterns);

    [LoggerMessage(EventIds.SessionClosed, LogLevel.Debug, "Session {Session} is closed.")]
    private static partial void LogClosed(ILogger logger, string session);
}
