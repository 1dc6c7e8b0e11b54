// Mirrors Grpc.Core.Api 2.85.0. Delete when: every package feed in use offers Grpc.Core.Api.
namespace Grpc.Core;

/// <summary>How a channel's connection is secured.</summary>
public abstract class ChannelCredentials
{
    private protected ChannelCredentials(bool isSecure) => IsSecure = isSecure;

    /// <summary>Plain HTTP/2 with prior knowledge.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS as the HTTP handler of the channel is configured.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    internal bool IsSecure { get; }

    private sealed class InsecureCredentials() : ChannelCredentials(isSecure: false);
}

/// <summary>TLS; certificates and their checks are set on the channel's HTTP handler.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    public SslCredentials()
        : base(isSecure: true)
    {
    }
}

/// <summary>Credentials of one call. Differs: none can be made, send an authorization header instead.</summary>
public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }
}
