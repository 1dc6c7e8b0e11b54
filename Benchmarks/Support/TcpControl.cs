using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EventMesh.Benchmarks.Measuring;

namespace EventMesh.Benchmarks.Support;

/// <summary>Bare sockets over loopback with messages of the standard size: what everything that goes over the network is held against.</summary>
internal sealed class TcpControl : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private readonly TcpListener _sink = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public TcpControl()
    {
        _echo.Start();
        _sink.Start();
        _serving = Task.WhenAll(ServeAsync(_echo, EchoAsync), ServeAsync(_sink, SinkAsync));
    }

    /// <summary>Messages that are sent, sent back and received: at most <paramref name="window"/> under way, <paramref name="perWrite"/> with one write.</summary>
    public async Task<Sample> EchoAsync(TimeSpan duration, int window, int perWrite, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(_echo, cancellationToken);
        using var room = new SemaphoreSlim(window);
        var probe = Probe.Start();
        var receiving = Task.Run(() => ReceiveAsync(socket, room, cancellationToken), cancellationToken);
        var message = new byte[perWrite * Payloads.Bytes];
        while (probe.Elapsed < duration)
        {
            for (var i = 0; i < perWrite; i++)
            {
                await room.WaitAsync(cancellationToken);
            }

            await SendAsync(socket, message, cancellationToken);
        }

        socket.Shutdown(SocketShutdown.Send);
        return probe.Stop(await receiving);
    }

    /// <summary>Messages that are sent one way, <paramref name="perWrite"/> with one write; over when the other side has counted them.</summary>
    public async Task<Sample> OneWayAsync(TimeSpan duration, int perWrite, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(_sink, cancellationToken);
        var message = new byte[perWrite * Payloads.Bytes];
        var probe = Probe.Start();
        while (probe.Elapsed < duration)
        {
            await SendAsync(socket, message, cancellationToken);
        }

        socket.Shutdown(SocketShutdown.Send);
        var counted = new byte[sizeof(long)];
        await socket.ReceiveAsync(counted, SocketFlags.None, cancellationToken);
        return probe.Stop(BinaryPrimitives.ReadInt64LittleEndian(counted) / Payloads.Bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _echo.Dispose();
        _sink.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private static async Task<Socket> ConnectAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(listener.LocalEndpoint, cancellationToken);
        return socket;
    }

    private static async Task<long> ReceiveAsync(Socket socket, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var (received, released) = (0L, 0L);
        for (int read; (read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)) > 0;)
        {
            received += read;
            var whole = received / Payloads.Bytes;
            if (whole > released)
            {
                room.Release((int)(whole - released));
                released = whole;
            }
        }

        return released;
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
    }

    private static async Task EchoAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        for (int read; (read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)) > 0;)
        {
            await SendAsync(socket, buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private static async Task SinkAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var received = 0L;
        for (int read; (read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)) > 0;)
        {
            received += read;
        }

        BinaryPrimitives.WriteInt64LittleEndian(buffer, received);
        await SendAsync(socket, buffer.AsMemory(0, sizeof(long)), cancellationToken);
    }

    /// <summary>Serves one connection after the other: the cases take turns.</summary>
    private async Task ServeAsync(TcpListener listener, Func<Socket, CancellationToken, Task> serve)
    {
        while (true)
        {
            using var socket = await listener.AcceptSocketAsync(_stopping.Token);
            socket.NoDelay = true;
            await serve(socket, _stopping.Token);
        }
    }
}
