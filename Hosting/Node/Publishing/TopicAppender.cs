using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Sends a topic's append to its grain; fails as grain calls do.</summary>
internal delegate Task<AppendReply> AppendCall(TopicName topic, AppendRequest request);

/// <summary>Appends to a topic: through its writer where that is open on this silo, else by a call of its grain. Thread-safe.</summary>
/// <remarks>The door has checked the events; only the grain looks at them again, for it is itself a door to Orleans clients.</remarks>
internal sealed class TopicAppender(AppendCall call, OpenTopics topics)
{
    /// <summary>The topics that are open on this silo.</summary>
    public OpenTopics Topics { get; } = topics;

    /// <summary>Hands events over to the topic's writer at once, without a call; the task then waits for the flush.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="events">The events.</param>
    /// <param name="producer">Who sends them, or nobody.</param>
    /// <param name="durability">What to wait for.</param>
    /// <param name="open">What was found open before, or null; what is open now.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    /// <returns>Null where the grain is to be called: the topic is not open here, or its writer has given way and has stored nothing.</returns>
    public ValueTask<AppendResult>? TryHandOver(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, ref OpenTopic? open, CancellationToken cancellationToken)
    {
        open = open is not null && Topics.IsUsable(open) ? open : Topics.Find(topic);
        if (open is null)
        {
            return null;
        }

        var append = open.Writer.AppendAsync(events, producer, durability, cancellationToken);
        if (!append.IsFaulted)
        {
            return append;
        }

        var failed = append.AsTask();
        if (!OpenTopic.HasGivenWay(failed))
        {
            return new ValueTask<AppendResult>(failed);
        }

        Topics.Close(open);
        open = null;
        return null;
    }

    /// <summary>Appends, and answers as the grain does.</summary>
    public Task<AppendReply> AppendAsync(TopicName topic, AppendRequest request)
    {
        OpenTopic? open = null;
        var producer = request.Producer is null ? default : new ProducerStamp(ProducerId.Parse(request.Producer), request.ProducerSequence);
        var events = new EventBatch(request.Count, 0, request.Packed);
        return TryHandOver(topic, events, producer, request.Durability, ref open, CancellationToken.None) is { } append
            ? AnswerAsync(append)
            : call(topic, request);
    }

    private static async Task<AppendReply> AnswerAsync(ValueTask<AppendResult> append)
    {
        try
        {
            var (offset, first, _, durability, isDuplicate) = await append.ConfigureAwait(false);
            return new AppendReply(
                MeshErrorCode.None, "", 0, offset.Value, first.Incarnation.Value, first.Sequence, durability, isDuplicate);
        }
        catch (EventMeshException refusal)
        {
            return new AppendReply(
                refusal.Code, refusal.Message, (long)(refusal.RetryAfter?.TotalMilliseconds ?? 0), 0, 0, 0, Durability.Memory);
        }
    }
}
