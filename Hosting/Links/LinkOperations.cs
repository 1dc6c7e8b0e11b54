using System.Diagnostics;
using System.Runtime.CompilerServices;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Sessions;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Links;

/// <summary>Carries out what a session asks of the node. Every request gets its answer: a failure is an answer with a code, never an exception.</summary>
internal sealed class LinkOperations(OwnEventReader reader, ReplicaReceiver receiver, ILogger logger)
{
    public OwnEventReader Reader { get; } = reader;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<LinkInput> ReadAsync(ReadTopic request, CancellationToken cancellationToken)
    {
        try
        {
            return await Reader.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Explain(error, "read", request.Topic.Value) is { } failure)
        {
            return new TopicRead(request.Token, request.Topic, [], default, default, NeedsOffer: false, failure.Code);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<LinkInput> StoreAsync(ReplicateItems request, CancellationToken cancellationToken)
    {
        using var span = LinkTracing.StartReceive(request);
        try
        {
            return await receiver.StoreAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Explain(error, "replicate", request.Topic.Value) is { } failure)
        {
            span?.SetStatus(ActivityStatusCode.Error, failure.Code.ToLabel());
            return new ItemsReplicated(request.Token, request.Topic, [], failure.Code, failure.RetryAfter);
        }
    }

    public async ValueTask<LinkInput> IngestAsync(IngestEvents request, CancellationToken cancellationToken)
    {
        try
        {
            return await receiver.IngestAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Explain(error, "ingest", request.Topic.Value) is { } failure)
        {
            return new EventsIngested(request.Token, request.Topic, failure.Code, failure.RetryAfter);
        }
    }

    public async ValueTask<LinkInput> ApplyInterestAsync(
        ApplyRemoteInterest request, Func<ApplyRemoteInterest, CancellationToken, ValueTask<long>> apply, CancellationToken cancellationToken)
    {
        try
        {
            return new RemoteInterestApplied(request.Token, await apply(request, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception error) when (Explain(error, "apply-interest", "") is { } failure)
        {
            return new RemoteInterestApplied(request.Token, 0, failure.Code);
        }
    }

    /// <summary>What a failure means to the link. What nobody foresaw is logged and taken for an unknown outcome, which the link tries again:
    /// one topic's trouble must not end the link for all others.</summary>
    private EventMeshException? Explain(Exception error, string what, string topic)
    {
        switch (error)
        {
            case EventMeshException known:
                return known;
            case OperationCanceledException:
                return new EventMeshException(MeshErrorCode.NodeNotReady, "The link is ending.", error);
            default:
                LinkLog.OperationFailed(logger, what, topic, error);
                return new EventMeshException(MeshErrorCode.OutcomeUnknown, error.Message, error);
        }
    }
}
