using System.Net.Sockets;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Transport;
using Grpc.Core;
using Grpc.Net.Client;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>Dials peers over HTTP/2 without TLS, one TCP connection per link. Thread-safe.</summary>
/// <remarks>HTTP/2 keep-alive pings stay off: links have heartbeats of their own, which also prove that the peer's process works.</remarks>
public sealed class GrpcLinkTransport(GrpcLinkOptions options) : ILinkTransport
{
    /// <inheritdoc/>
    public async ValueTask<ILinkConnection> DialAsync(string address, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!Uri.TryCreate($"http://{address}", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/")
        {
            throw new EventMeshException(MeshErrorCode.PeerUnreachable, $"'{Core.Printable.Clip(address)}' is not host:port.");
        }

        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = GrpcChannel.ForAddress(uri, new GrpcChannelOptions
        {
            HttpHandler = CreateHandler(connected),
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Insecure,
            MaxReceiveMessageSize = options.MaxMessageBytes,
            MaxSendMessageSize = null,
        });
        try
        {
            var call = new Wire.PeerLink.PeerLinkClient(channel).EventStream(cancellationToken: CancellationToken.None);
            await WaitUntilOpenAsync(call, connected.Task, cancellationToken).ConfigureAwait(false);
            return new DialedLinkConnection(channel, call, address);
        }
        catch (Exception exception)
        {
            channel.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new EventMeshException(MeshErrorCode.PeerUnreachable, $"{address}: {Describe(exception)}", exception);
        }
    }

    /// <summary>A listener may keep its response headers back until it has read our handshake, so the connection is what is waited for.</summary>
    private static async Task WaitUntilOpenAsync(
        AsyncDuplexStreamingCall<Wire.PeerMessage, Wire.PeerMessage> call, Task connected, CancellationToken cancellationToken)
    {
        try
        {
            var headers = call.ResponseHeadersAsync;
            var first = await Task.WhenAny(connected, headers).WaitAsync(cancellationToken).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            // Nobody waits for the headers from here on; whatever becomes of them, reads and writes of the stream tell.
            _ = headers.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    private SocketsHttpHandler CreateHandler(TaskCompletionSource connected) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        InitialHttp2StreamWindowSize = options.ReceiveWindowBytes,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
                connected.TrySetResult();
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static string Describe(Exception exception) => exception switch
    {
        RpcException { Status.DebugException: { } inner } => inner.Message,
        RpcException rpc => rpc.Status.Detail,
        _ => exception.Message,
    };
}
