using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Appends through a topic's grain.</summary>
internal sealed class TopicAppender(IGrainFactory grains)
{
    public Task<AppendReply> AppendAsync(TopicName topic, AppendRequest request) =>
        grains.GetGrain<ITopicGrain>(topic.Value).AppendAsync(request, CancellationToken.None);
}
