using System.Runtime.CompilerServices;
using System.Text.Json;
using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Grains.State;

/// <summary>Keeps grain state in the node's log: state, events and receipts share one group commit and one backup.</summary>
/// <remarks>
/// <para>Registered by <c>AddEventMesh</c> under <see cref="ProviderName"/>, beside whatever providers the host has. A grain of the host uses it by that
/// name; its state is in the topic <c>$state.grains.</c> and the state's name, which clients of the node may read: put no secrets there.</para>
/// <para>A write ends when it is flushed. Values are JSON (System.Text.Json, default rules). An etag is the offset at which the value was written; a write or clear
/// that names another fails with <see cref="InconsistentStateException"/>. Every other failure is an <see cref="EventMeshException"/>.</para>
/// </remarks>
public sealed class MeshGrainStorage(IGrainFactory grains) : IGrainStorage
{
    /// <summary>The name to ask for it by.</summary>
    public const string ProviderName = "eventmesh";

    /// <summary>A call that meets an activation on its way out stored nothing, and reaches the next one.</summary>
    private const int Attempts = 4;

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var key = grainId.ToString();
        var reply = await CallAsync(stateName, grainId, state => state.ReadAsync(key));
        Check(reply, grainState.ETag);
        grainState.State = reply.Value is { } value && JsonSerializer.Deserialize<T>(value) is { } read ? read : Create<T>();
        grainState.ETag = reply.ETag;
        grainState.RecordExists = reply.ETag is not null;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var write = new StateWrite(grainId.ToString(), grainState.ETag, JsonSerializer.SerializeToUtf8Bytes(grainState.State));
        var reply = await CallAsync(stateName, grainId, state => state.WriteAsync(write));
        Check(reply, grainState.ETag);
        grainState.ETag = reply.ETag;
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var (key, etag) = (grainId.ToString(), grainState.ETag);
        var reply = await CallAsync(stateName, grainId, state => state.ClearAsync(key, etag));
        Check(reply, etag);
        grainState.State = Create<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private async Task<StateReply> CallAsync(string stateName, GrainId grainId, Func<IStateGrain, Task<StateReply>> call)
    {
        var state = grains.GetGrain<IStateGrain>(StateTopics.KindOf(stateName, grainId.Type));
        var reply = await call(state);
        for (var attempt = 1; attempt < Attempts && IsOnItsWayOut(reply.Code); attempt++)
        {
            reply = await call(state);
        }

        return reply;
    }

    private static bool IsOnItsWayOut(MeshErrorCode code) => code is MeshErrorCode.LogFenced or MeshErrorCode.LogClosed;

    private static void Check(StateReply reply, string? etag)
    {
        switch (reply.Code)
        {
            case MeshErrorCode.None:
                return;
            case MeshErrorCode.StateConflict:
                throw new InconsistentStateException($"{reply.Code.ToLabel()} {reply.Message}", reply.ETag, etag);
            default:
                throw new EventMeshException(reply.Code, reply.Message)
                {
                    RetryAfter = reply.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(reply.RetryAfterMs) : null,
                };
        }
    }

    /// <summary>What a grain has before anything is stored; as with other providers, a type without a plain constructor is left blank.</summary>
    private static T? Create<T>()
    {
        var type = typeof(T);
        if (type.IsValueType || type.IsAbstract || type.IsArray || type == typeof(string))
        {
            return default;
        }

        return type.GetConstructor(Type.EmptyTypes) is null ? (T)RuntimeHelpers.GetUninitializedObject(type) : Activator.CreateInstance<T>();
    }
}
