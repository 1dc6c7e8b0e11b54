using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Orleans.Metadata;
using Orleans.Runtime;

namespace EventMesh.Grains.Silo;

/// <summary>Follows the cluster's membership and manifest: a mesh silo is one whose manifest has the topic grain.</summary>
/// <remarks>A silo whose manifest is not known yet counts as a mesh silo: waiting for it costs time, forgetting it could cost wake-ups.</remarks>
public sealed partial class ClusterMembers(
    IClusterMembershipService membership, IClusterManifestProvider manifests, ILogger<ClusterMembers> logger) : IMeshMembership, IDisposable
{
    private static readonly GrainType TopicGrain = GrainType.Create(MeshGrains.TopicType);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Action> _listeners = [];
    private MeshMembers _current = MeshMembers.None;
    private Task _watching = Task.CompletedTask;
    private bool _isDisposed;

    /// <inheritdoc/>
    public MeshMembers Current => Volatile.Read(ref _current);

    /// <summary>Takes the newest membership and follows it from there on.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        _watching = Task.WhenAll(FollowAsync(membership.MembershipUpdates), FollowAsync(manifests.Updates));
    }

    /// <summary>Takes the newest membership now.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await membership.Refresh(cancellationToken: cancellationToken);
        Update();
    }

    /// <inheritdoc/>
    public IDisposable OnChanged(Action onChange)
    {
        lock (_gate)
        {
            _listeners.Add(onChange);
        }

        return new Subscription(this, onChange);
    }

    /// <summary>Follows no longer.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Registered under two types, it is disposed by the container twice.
        if (!_isDisposed)
        {
            _isDisposed = true;
            _stop.Cancel();
            _stop.Dispose();
        }
    }

    private async Task FollowAsync<T>(IAsyncEnumerable<T> updates)
    {
        try
        {
            await foreach (var _ in updates.WithCancellation(_stop.Token))
            {
                Update();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The silo stops: nobody needs the membership any more.
        }
        catch (Exception failure)
        {
            LogWatchFailed(logger, failure);
        }
    }

    private void Update()
    {
        Action[] listeners;
        lock (_gate)
        {
            var next = Read(membership.CurrentSnapshot, manifests.Current);
            if (next.Serving.SetEquals(_current.Serving) && next.Unknown.SetEquals(_current.Unknown) && next.Gone.SetEquals(_current.Gone))
            {
                return;
            }

            Volatile.Write(ref _current, next);
            listeners = [.. _listeners];
        }

        foreach (var listener in listeners)
        {
            listener();
        }
    }

    private static MeshMembers Read(ClusterMembershipSnapshot snapshot, ClusterManifest manifest)
    {
        var alive = snapshot.Members.Values
            .Where(static member => member.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
            .Select(static member => member.SiloAddress)
            .ToList();
        return new MeshMembers(
            Names(alive.Where(silo => !manifest.Silos.TryGetValue(silo, out var grains) || grains.Grains.ContainsKey(TopicGrain))),
            Names(alive.Where(silo => !manifest.Silos.ContainsKey(silo))),
            Names(snapshot.Members.Values.Where(static member => member.Status == SiloStatus.Dead).Select(static member => member.SiloAddress)));
    }

    private static FrozenSet<string> Names(IEnumerable<SiloAddress> silos) =>
        silos.Select(static silo => silo.ToParsableString()).ToFrozenSet(StringComparer.Ordinal);

    [LoggerMessage(EventIds.MembershipWatchFailed, LogLevel.Error, "The cluster's membership can no longer be followed; restart the silo.")]
    private static partial void LogWatchFailed(ILogger logger, Exception failure);

    private sealed class Subscription(ClusterMembers owner, Action onChange) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._listeners.Remove(onChange);
            }
        }
    }
}
