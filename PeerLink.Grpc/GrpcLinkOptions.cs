namespace EventMesh.PeerLink.Grpc;

/// <summary>What the gRPC transport needs to know. The host fills it from its own options, which are validated.</summary>
public sealed class GrpcLinkOptions
{
    /// <summary>Largest message that is read, in bytes; a larger one ends the link with <c>FrameTooLarge</c>. Default: 4 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>HTTP/2 receive window of a dialled stream, in bytes. It must exceed the credit window, so that a peer with credit is never held up below it,
    /// and events never hold up control frames. Default: 8 MiB.</summary>
    public int ReceiveWindowBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How long a dial may take until the connection stands. Default: 5 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
