namespace EventMesh.PeerLink.Transport;

/// <summary>Opens streams to peers.</summary>
public interface ILinkTransport
{
    /// <summary>Dials <paramref name="address"/> (<c>host:port</c>); the result is open, the handshake has not been exchanged.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>PeerUnreachable</c>.</exception>
    ValueTask<ILinkConnection> DialAsync(string address, CancellationToken cancellationToken);
}
