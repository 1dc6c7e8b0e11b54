using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node.Lifecycle;
using Orleans;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Appends through a topic's grain, and notes in the silo's health when the log has failed.</summary>
internal sealed class TopicAppender(IGrainFactory grains, NodeState state)
{
    public async Task<AppendReply> AppendAsync(TopicName topic, AppendRequest request)
    {
        var reply = await grains.GetGrain<ITopicGrain>(topic.Value).AppendAsync(request, CancellationToken.None).ConfigureAwait(false);
        state.Note(reply.Code, reply.Message);
        return reply;
    }
}
