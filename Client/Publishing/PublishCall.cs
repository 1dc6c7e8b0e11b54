using EventMesh.Client.Events;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Publishing;

/// <summary>The common front of every publish: checks, hand-over, and the caller's wait.</summary>
internal static class PublishCall
{
    public static ValueTask<Receipt> Start(
        IPublisher publisher, TopicName topic, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken)
    {
        if (topic.Value.Length == 0)
        {
            throw new EventMeshException(MeshErrorCode.InvalidTopic, "The topic is empty.");
        }

        options ??= PublishOptions.Default;
        if (!Enum.IsDefined(options.Durability))
        {
            throw new EventMeshException(MeshErrorCode.InvalidArgument, $"{nameof(PublishOptions.Durability)} is {options.Durability}, which is none.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        var publish = new PendingPublish(topic, payload, options);
        publisher.Enqueue(publish);
        return new ValueTask<Receipt>(cancellationToken.CanBeCanceled ? publish.Task.WaitAsync(cancellationToken) : publish.Task);
    }
}
