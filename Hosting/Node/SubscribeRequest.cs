using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Hosting.Node;

/// <summary>Where a subscription starts in topics that the request has no cursor for.</summary>
public enum SubscribeStart
{
    /// <summary>At what is appended from the moment on at which Subscribe returns (or from <see cref="SubscribeRequest.StartValue"/>, if that is set).</summary>
    Live,

    /// <summary>At the oldest record held.</summary>
    Earliest,

    /// <summary>At the offset <see cref="SubscribeRequest.StartValue"/>; for a pattern that names one topic.</summary>
    Offset,

    /// <summary>At the UTC milliseconds <see cref="SubscribeRequest.StartValue"/>.</summary>
    Time,
}

/// <summary>What to subscribe to, and from where.</summary>
public sealed record SubscribeRequest
{
    /// <summary>Most patterns of one subscription.</summary>
    public const int MaxPatterns = 64;

    /// <summary>1 to <see cref="MaxPatterns"/> patterns; an event that several match is delivered once.</summary>
    public required IReadOnlyList<TopicPattern> Patterns { get; init; }

    /// <summary>Where to start.</summary>
    public SubscribeStart Start { get; init; }

    /// <summary>See <see cref="SubscribeStart"/>.</summary>
    public long? StartValue { get; init; }

    /// <summary>Offsets to go on at, for a subscription that is taken up again; they win over <see cref="Start"/>.</summary>
    public IReadOnlyDictionary<TopicName, LogOffset> Cursors { get; init; } = new Dictionary<TopicName, LogOffset>();
}
