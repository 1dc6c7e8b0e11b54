using System.Runtime.CompilerServices;
using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Sessions;
using EventMesh.Storage;

namespace EventMesh.Hosting.Links;

/// <summary>Hands what came over a link to the node's topics. The session has checked what is inside. Thread-safe.</summary>
internal sealed class ReplicaReceiver(ILinkHost host)
{
    /// <summary>Answers <see cref="ReplicateItems"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ItemsReplicated> StoreAsync(ReplicateItems request, CancellationToken cancellationToken)
    {
        var items = new ReplicaItem[request.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new ReplicaItem(request.Items[i].Batch, request.Items[i].Gap);
        }

        var outcome = await host.ReplicateAsync(request.Topic, request.Origin, items, cancellationToken).ConfigureAwait(false);
        var results = new LinkItemResult[outcome.Results.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = ResultOf(outcome.Results[i]);
        }

        return new ItemsReplicated(request.Token, request.Topic, results, outcome.Code, outcome.RetryAfter);
    }

    /// <summary>Answers <see cref="IngestEvents"/>.</summary>
    public async ValueTask<EventsIngested> IngestAsync(IngestEvents request, CancellationToken cancellationToken)
    {
        await host.IngestAsync(request.Topic, request.Events, cancellationToken).ConfigureAwait(false);
        return new EventsIngested(request.Token, request.Topic, MeshErrorCode.None, null);
    }

    private static LinkItemResult ResultOf(ReplicateResult result) =>
        new(result.Verdict, result.Held, result.Stored, result.Duplicates, result.Rewound);
}
