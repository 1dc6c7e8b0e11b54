using EventMesh.Client.Serialization;

namespace EventMesh.Client;

/// <summary>Settings of a client.</summary>
public sealed class MeshClientOptions
{
    /// <summary>Most events that are published and not yet answered; more wait their turn. 1 to 1,000,000. Default: 8,192.</summary>
    public int MaxPendingEvents { get; set; } = 8_192;

    /// <summary>Most bytes of such events; one larger event goes alone. 1 KiB to 1 GiB. Default: 16 MiB.</summary>
    public long MaxPendingBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Most calls that wait their turn; the next one fails with <c>Busy</c>. 0 to 10,000,000. Default: 100,000.</summary>
    public int MaxWaitingPublishes { get; set; } = 100_000;

    /// <summary>Most publish messages under way; what is published meanwhile gathers for the next. More lowers the latency of the
    /// second message, fewer gathers larger ones. 1 to 64. Default: 4.</summary>
    public int MaxMessagesUnderWay { get; set; } = 4;

    /// <summary>Most events in a publish message. 1 to 65,536. Default: 1,024.</summary>
    public int MaxMessageEvents { get; set; } = 1_024;

    /// <summary>Most bytes of events in a publish message; one larger event goes alone. 1 KiB to 4 MiB. Default: 256 KiB.</summary>
    public int MaxMessageBytes { get; set; } = 256 * 1024;

    /// <summary>Whether the client numbers what it publishes, under a random producer id of its own, so that it can repeat a publish that was refused for the
    /// moment or not answered without storing it twice. Every topic then remembers the client for a day, so it suits programs that run long; one batch a topic is
    /// under way at a time. Default: false.</summary>
    public bool Idempotent { get; set; }

    /// <summary>How long after it was published an event that has a producer is still sent again; then the last failure is the caller's. 0 to 4 min, since topics
    /// remember a producer for 5 min at least. Default: 60 s.</summary>
    public TimeSpan MaxRetryTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Most topics whose numbering an idempotent client remembers; one that it has forgotten it publishes to as another producer. 1 to 1,000,000.
    /// Default: 100,000.</summary>
    public int MaxProducerTopics { get; set; } = 100_000;

    /// <summary>How long the node may take to answer. 100 ms to 10 min. Default: 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connecting may take. 100 ms to 5 min. Default: 5 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The first wait before a broken subscription is made again or a publish repeated; it doubles up to <see cref="MaxReconnectDelay"/>. 1 ms to 1 min. Default: 100 ms.</summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>See <see cref="ReconnectDelay"/>. Default: 5 s.</summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most topics that a subscription remembers its place in; beyond, it fails with <c>InvalidArgument</c>. 1 to 1,000,000. Default: 100,000.</summary>
    public int MaxSubscriptionTopics { get; set; } = 100_000;

    /// <summary>How typed events are encoded. Default: JSON.</summary>
    public IEventSerializer Serializer { get; set; } = new JsonEventSerializer();

    /// <summary>The clock of waits and timeouts.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
