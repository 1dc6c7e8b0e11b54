using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Transport.InProcess;

/// <summary>Streams between nodes of one process, for tests and demos: the contract of a real transport without sockets. Thread-safe.</summary>
public sealed class InProcessNetwork : ILinkTransport
{
    private readonly ConcurrentDictionary<string, ILinkAcceptor> _listeners = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<InProcessLink, byte> _links = new();
    private readonly int _capacity;

    /// <summary>Creates a network whose streams hold <paramref name="capacity"/> frames per direction.</summary>
    public InProcessNetwork(int capacity = 8)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>Called with every frame before it is delivered: delays it as long as the task runs. Applies to streams opened later.</summary>
    public Func<LinkFrame, CancellationToken, ValueTask>? BeforeDelivery { get; set; }

    /// <summary>The streams that are open.</summary>
    public IReadOnlyCollection<InProcessLink> Links => [.. _links.Keys];

    /// <summary>Has streams to <paramref name="address"/> accepted until the result is disposed; open ones stay.</summary>
    /// <exception cref="InvalidOperationException">Somebody listens there already.</exception>
    public IDisposable Listen(string address, ILinkAcceptor acceptor)
    {
        if (!_listeners.TryAdd(address, acceptor))
        {
            throw new InvalidOperationException($"Somebody listens at '{address}' already.");
        }

        return new Listening(this, address);
    }

    /// <inheritdoc/>
    public ValueTask<ILinkConnection> DialAsync(string address, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_listeners.TryGetValue(address, out var acceptor))
        {
            throw new EventMeshException(MeshErrorCode.PeerUnreachable, $"Nobody listens at '{address}'.");
        }

        var link = new InProcessLink(address, _capacity, BeforeDelivery);
        _links.TryAdd(link, 0);
        _ = Task.Run(() => RunAsync(link, acceptor), CancellationToken.None);
        return ValueTask.FromResult<ILinkConnection>(link.Dialer);
    }

    private async Task RunAsync(InProcessLink link, ILinkAcceptor acceptor)
    {
        EventMeshException? failure = null;
        try
        {
            await acceptor.AcceptAsync(link.Listener, link.Broken);
        }
        catch (EventMeshException refused)
        {
            failure = refused;
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            // Whatever ends the accepting side ends the stream, as a server does; the dialer is told.
            failure = new EventMeshException(MeshErrorCode.LinkClosed, "The listener has failed.", broken);
        }

        _links.TryRemove(link, out _);
        link.Listener.EndByListener(failure);
    }

    private sealed class Listening(InProcessNetwork network, string address) : IDisposable
    {
        public void Dispose() => network._listeners.TryRemove(address, out _);
    }
}
