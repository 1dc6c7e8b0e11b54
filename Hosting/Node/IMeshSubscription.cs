using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>A cursor over the logs of all matching topics. Slow readers lose nothing and hold nobody up: the log is the queue.</summary>
public interface IMeshSubscription : IAsyncDisposable
{
    /// <summary>The time that <see cref="SubscribeStart.Live"/> meant, in UTC milliseconds: the start value with which to take the subscription up again.</summary>
    long SinceUnixMs { get; }

    /// <summary>Waits for records and returns those of one topic; topics with records take turns. One call at a time.</summary>
    /// <remarks>Within a topic records come in log order, each once, gaps included. The caller disposes the batch.</remarks>
    ValueTask<Delivery> ReadAsync(int maxBytes, CancellationToken cancellationToken);
}

/// <summary>Records of one topic for a subscriber. Its cursor after them is <see cref="RecordBatch.Next"/>.</summary>
public readonly record struct Delivery(TopicName Topic, RecordBatch Records, LogOffset End);
