using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Client.Cluster;

/// <summary>Subscriptions as sessions of the cluster: the client pulls, and keeps its place itself.</summary>
internal sealed class SessionSource(IGrainFactory grains, MeshClientOptions options) : ISubscriptionSource
{
    private const int PullBytes = 256 * 1024;
    private static readonly TimeSpan PullWait = TimeSpan.FromSeconds(10);

    public async ValueTask<ISubscriptionConnection> OpenAsync(SubscriptionState state, CancellationToken cancellationToken)
    {
        var session = grains.GetGrain<ISessionGrain>(Guid.NewGuid().ToString("N"));
        var request = new SessionOpen(
            [.. state.Options.Patterns.Select(static pattern => pattern.Value)],
            (StartAt)state.Options.Start,
            state.StartValue ?? 0,
            [.. state.Cursors.Select(static cursor => new TopicCursor(cursor.Topic.Value, cursor.Next.Value))]);
        var opened = await GrainErrors.CallAsync(
            session.OpenAsync(request).WaitAsync(options.RequestTimeout, options.TimeProvider, cancellationToken));
        GrainErrors.ThrowIfRefused(opened.Code, opened.Message);
        return new Connection(session, opened.SinceUnixMs);
    }

    public static DeliveredRecords FromGrain(TopicRecords records) => new(
        TopicName.Parse(records.Topic),
        new LogOffset(records.NextOffset),
        new LogOffset(records.EndOffset),
        RecordPacker.Unpack(new PackedRecords(records.Count, records.Origins, records.Packed)));

    private sealed class Connection(ISessionGrain session, long since) : ISubscriptionConnection
    {
        public long SinceUnixMs => since;

        // The store is the cluster's own and lives as long as the cluster that this client is part of.
        public IReadOnlyList<TopicName> RewoundTopics => [];

        public async ValueTask<IReadOnlyList<DeliveredRecords>> NextAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var reply = await GrainErrors.CallAsync(session.PullAsync(PullBytes, PullWait, cancellationToken));
                GrainErrors.ThrowIfRefused(reply.Code, reply.Message);
                if (reply.Topics.Length > 0)
                {
                    return [.. reply.Topics.Select(FromGrain)];
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await GrainErrors.CallAsync(CloseAsync());
            }
            catch (EventMeshException exception) when (exception.IsTransient)
            {
                // The session's silo is gone, and the session with it; an abandoned one is closed by its own idle limit.
                return;
            }
        }

        private async Task<bool> CloseAsync()
        {
            await session.CloseAsync();
            return true;
        }
    }
}
