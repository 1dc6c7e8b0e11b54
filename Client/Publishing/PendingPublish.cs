using EventMesh.Client.Events;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Publishing;

/// <summary>One publish on its way; its task is the caller's. Completes off the thread that completes it, so that no caller runs inside a loop of the client.</summary>
internal sealed class PendingPublish : TaskCompletionSource<Receipt>
{
    public PendingPublish(TopicName topic, ReadOnlyMemory<byte> payload, PublishOptions options)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Topic = topic;
        Payload = payload;
        Options = options;
        Bytes = EventBody.Measure(options.Headers, payload.Length);
    }

    public TopicName Topic { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    public PublishOptions Options { get; }

    /// <summary>Bytes of the encoded event.</summary>
    public int Bytes { get; }
}
