using EventMesh.Core.Events;

namespace EventMesh.Client.Publishing;

/// <summary>How to publish an event.</summary>
public sealed record PublishOptions
{
    /// <summary>No headers, flushed to disk.</summary>
    public static PublishOptions Default { get; } = new();

    /// <summary>Headers of the event, in order; names may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What the receipt waits for. Default: <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; init; } = Durability.Disk;
}
