using System.Threading.Channels;
using EventMesh.PeerLink.Transport;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>Hands accepted streams to a test, which says how each of them ends.</summary>
internal sealed class QueueAcceptor : ILinkAcceptor
{
    private readonly Channel<AcceptedLink> _links = Channel.CreateUnbounded<AcceptedLink>();

    public Task AcceptAsync(ILinkConnection connection, CancellationToken cancellationToken)
    {
        var link = new AcceptedLink(connection, cancellationToken);
        Assert.True(_links.Writer.TryWrite(link));
        return link.Running.Task;
    }

    public async Task<AcceptedLink> NextAsync() => await Soon.Expect(_links.Reader.ReadAsync().AsTask(), "a stream from a dialer");
}

/// <summary>An accepted stream; setting <see cref="Running"/> ends it as an acceptor would.</summary>
internal sealed record AcceptedLink(ILinkConnection Connection, CancellationToken Aborted)
{
    public TaskCompletionSource Running { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
