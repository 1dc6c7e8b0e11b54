namespace EventMesh.PeerLink.Transport;

/// <summary>Takes the streams that peers open; a transport's listening side calls it.</summary>
public interface ILinkAcceptor
{
    /// <summary>Runs the link on <paramref name="connection"/>; the stream stays open until the task ends.</summary>
    Task AcceptAsync(ILinkConnection connection, CancellationToken cancellationToken);
}
