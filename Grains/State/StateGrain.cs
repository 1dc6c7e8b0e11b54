using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Grains.State;

/// <summary>Holds one kind's writer and last values while it is active; everything else is <see cref="StateLog"/>'s.</summary>
/// <remarks>
/// As with a topic, a kind that cannot be opened answers with the reason, and one whose log is fenced or broken gives way: the next activation reads
/// what is stored.
/// </remarks>
[GrainType(MeshGrains.StateType)]
[CollectionAgeLimit(Minutes = 10)]
internal sealed partial class StateGrain(IMeshSilo silo, IOptions<StateOptions> options, ILogger<StateGrain> logger) : Grain, IStateGrain
{
    private StateLog? _state;
    private EventMeshException? _refusal;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var kind = this.GetPrimaryKeyString();
        try
        {
            // Who reads the topic wants to be woken by what is written here.
            await silo.WaitForTableAsync(cancellationToken);
            _state = await StateLog.OpenAsync(silo.Log, kind, options.Value, logger, cancellationToken);
        }
        catch (EventMeshException refusal)
        {
            _refusal = refusal;
            LogNotOpened(logger, kind, refusal.Code, refusal.Message);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_state is not null)
        {
            await _state.DisposeAsync();
        }
    }

    public Task<StateReply> ReadAsync(string key) => RunAsync(async state =>
    {
        var entry = await state.ReadAsync(key);
        return new StateReply(MeshErrorCode.None, "", 0, StateLog.ETagOf(entry), entry?.Value);
    });

    public Task<StateReply> WriteAsync(StateWrite write) =>
        RunAsync(async state => ToReply(write.Key, await state.WriteAsync(write.Key, write.ETag, write.Value)));

    public Task<StateReply> ClearAsync(string key, string? etag) => RunAsync(async state => ToReply(key, await state.ClearAsync(key, etag)));

    private static StateReply ToReply(string key, StateChange change) => change.IsConflict
        ? new StateReply(MeshErrorCode.StateConflict, $"The state of '{Core.Printable.Clip(key)}' has changed since it was read.", 0, change.ETag)
        : new StateReply(MeshErrorCode.None, "", 0, change.ETag);

    private static StateReply ToReply(EventMeshException refusal) =>
        new(refusal.Code, refusal.Message, (long)(refusal.RetryAfter?.TotalMilliseconds ?? 0), null);

    private async Task<StateReply> RunAsync(Func<StateLog, Task<StateReply>> run)
    {
        if (_state is null)
        {
            DeactivateOnIdle();
            return ToReply(_refusal ?? new EventMeshException(MeshErrorCode.NodeNotReady, "The state is not open."));
        }

        try
        {
            var reply = await run(_state);
            // In the background: it never fails, and the next change joins or begins another.
            _ = _state.CompactIfDueAsync();
            return reply;
        }
        catch (EventMeshException refusal)
        {
            GiveWayIfBroken(refusal);
            return ToReply(refusal);
        }
    }

    private void GiveWayIfBroken(EventMeshException refusal)
    {
        if (_state!.IsBroken)
        {
            LogGivesWay(logger, this.GetPrimaryKeyString(), refusal.Code, refusal.Message);
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(EventIds.StateNotOpened, LogLevel.Warning, "State '{Kind}' cannot be opened: {Code}: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, string kind, MeshErrorCode code, string reason);

    [LoggerMessage(EventIds.StateGivesWay, LogLevel.Warning, "State '{Kind}' is given up here: {Code}: {Reason} The next call opens it again.")]
    private static partial void LogGivesWay(ILogger logger, string kind, MeshErrorCode code, string reason);
}
