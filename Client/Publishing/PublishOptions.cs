using EventMesh.Core.Events;

namespace EventMesh.Client.Publishing;

/// <summary>How to publish an event.</summary>
public sealed record PublishOptions
{
    /// <summary>No headers, at the durability that the node has for the topic.</summary>
    public static PublishOptions Default { get; } = new();

    /// <summary>Headers of the event, in order; names may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Who publishes the event, and as which of its events of the topic, for callers that keep a number of their own: the same event under the same number
    /// is stored once, however often it is published. Numbers are dense per producer and topic, from 0. Default: nobody, or the client itself if it is
    /// <see cref="MeshClientOptions.Idempotent"/>.</summary>
    /// <remarks>
    /// The topic recognises a repeat among the producer's last five batches (what was sent together), and remembers a producer for a day after its last one. A hole
    /// is refused with <c>ProducerOutOfOrder</c>, a number above 0 of a producer that it does not know with <c>ProducerUnknown</c>; nothing is
    /// stored then. All of this holds at one node: published again at another one, an event is another event.
    /// </remarks>
    public ProducerStamp Producer { get; init; }

    /// <summary>What the receipt waits for. Default: <see cref="Durability.Default"/>, what the node has configured for the topic; unless told otherwise that is the disk.</summary>
    public Durability Durability { get; init; } = Durability.Default;
}
