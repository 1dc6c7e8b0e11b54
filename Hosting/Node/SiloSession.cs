using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Catalog;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;

namespace EventMesh.Hosting.Node;

/// <summary>An Orleans client's subscription: one that is read by pulls.</summary>
internal sealed class SiloSession(IMeshSubscription subscription, TimeProvider time) : ISiloSession
{
    public long SinceUnixMs => subscription.SinceUnixMs;

    public async Task<TopicRecords[]> PullAsync(int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(wait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            var delivery = await subscription.ReadAsync(maxBytes, limit.Token);
            using var records = delivery.Records;
            return [records.ToMessage(delivery.Topic, delivery.End)];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came in time: an empty answer, and the client pulls again.
            return [];
        }
    }

    public ValueTask DisposeAsync() => subscription.DisposeAsync();

    /// <exception cref="EventMeshException">A pattern, topic or offset of the request breaks a rule.</exception>
    public static SubscribeRequest ToRequest(SessionOpen open) => new()
    {
        Patterns = [.. open.Patterns.Select(TopicPattern.Parse)],
        Start = open.Start switch
        {
            StartAt.Live => SubscribeStart.Live,
            StartAt.Earliest => SubscribeStart.Earliest,
            StartAt.Offset => SubscribeStart.Offset,
            StartAt.Time => SubscribeStart.Time,
            _ => throw new EventMeshException(MeshErrorCode.InvalidArgument, $"start: {(int)open.Start} is no start."),
        },
        StartValue = open.Start == StartAt.Earliest || (open.Start == StartAt.Live && open.StartValue == 0) ? null : open.StartValue,
        Cursors = open.Cursors.ToDictionary(static cursor => TopicName.Parse(cursor.Topic), static cursor => new LogOffset(cursor.Offset)),
    };
}
