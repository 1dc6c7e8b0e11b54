// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>Options of a channel.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Default: as the scheme of the address says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Bytes; null means no limit. Default: no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes; null means no limit. Default: 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the calls. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the calls. Default: a <see cref="SocketsHttpHandler"/> that opens more connections when streams run out.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or handler that it was given. Default: no.</summary>
    public bool DisposeHttpClient { get; set; }
}
