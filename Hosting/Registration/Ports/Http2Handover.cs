using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using EventMesh.Grains.Silo;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.Hosting.Ports;

/// <summary>Lets one port without TLS speak HTTP/1.1 (health checks, scripts) and HTTP/2 (gRPC), which the web server keeps apart for want of a negotiation.</summary>
/// <remarks>
/// The port is served as HTTP/1.1. A connection that begins with the preface of HTTP/2 is handed, unread, to a second endpoint, which has no socket and is served
/// as HTTP/2. The bytes are not copied: the second endpoint works on the connection itself.
/// </remarks>
internal sealed class Http2Handover([FromKeyedServices(MeshTime.Key)] TimeProvider time) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const int MaxWaiting = 256;

    /// <summary>As long as the web server itself lets a client take for its first line.</summary>
    private static readonly TimeSpan FirstBytesLimit = TimeSpan.FromSeconds(30);

    private readonly Channel<HandedConnection> _waiting = Channel.CreateBounded<HandedConnection>(MaxWaiting);

    /// <summary>The endpoint that serves what is handed over.</summary>
    public EndPoint EndPoint { get; } = new HandoverEndPoint();

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n"u8;

    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(endpoint, _waiting));

    /// <summary>Runs a connection of the client port: as HTTP/1.1 by <paramref name="next"/>, or handed over until the other endpoint has ended it.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var timer = new CancellationTokenSource(FirstBytesLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, connection.ConnectionClosed);
        bool isHttp2;
        try
        {
            isHttp2 = await BeginsWithPrefaceAsync(connection.Transport.Input, limit.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // It said nothing in time, or is gone.
            connection.Abort();
            return;
        }

        if (!isHttp2)
        {
            await next(connection);
            return;
        }

        var handed = new HandedConnection(connection);
        try
        {
            await _waiting.Writer.WriteAsync(handed, limit.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ChannelClosedException)
        {
            // Too many wait, or the server stops.
            connection.Abort();
            return;
        }

        await handed.Ended;
    }

    private static async Task<bool> BeginsWithPrefaceAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var seen = (int)Math.Min(read.Buffer.Length, Preface.Length);
            var matches = seen > 0 && Preface[..seen].SequenceEqual(read.Buffer.Slice(0, seen).ToArray());
            if (!matches || seen == Preface.Length || read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start);
                return matches && seen == Preface.Length;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private sealed class HandoverEndPoint : EndPoint
    {
        public override string ToString() => "client-port-http2";
    }

    private sealed class Listener(EndPoint endpoint, Channel<HandedConnection> waiting) : IConnectionListener
    {
        public EndPoint EndPoint { get; } = endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await waiting.Reader.WaitToReadAsync(cancellationToken) && waiting.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
