using System.Diagnostics;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Links;

/// <summary>Spans around what is sent to and stored from peers; they cost nothing unless somebody listens.</summary>
internal static class LinkTracing
{
    private static readonly ActivitySource Source = new("EventMesh");
    private static readonly List<Activity> None = [];

    /// <summary>A span for every batch among the frames.</summary>
    public static List<Activity> StartSend(IReadOnlyList<LinkFrame> frames) =>
        Source.HasListeners() ? [.. frames.OfType<BatchFrame>().Select(StartSend).OfType<Activity>()] : None;

    public static Activity? StartReceive(ReplicateItems request) => Source.HasListeners()
        ? Source.StartActivity("peerlink.receive", ActivityKind.Consumer)
            ?.SetTag("eventmesh.topic", request.Topic.Value)
            .SetTag("eventmesh.origin", request.Origin.Value)
            .SetTag("eventmesh.events", request.Items.Sum(static item => item.Events))
        : null;

    private static Activity? StartSend(BatchFrame batch) => Source.StartActivity("peerlink.send", ActivityKind.Producer)
        ?.SetTag("eventmesh.topic", batch.Topic.Value)
        .SetTag("eventmesh.origin", batch.Batch.Origin.Value)
        .SetTag("eventmesh.first", batch.Batch.First.ToString())
        .SetTag("eventmesh.events", batch.Batch.Events.Count);
}
