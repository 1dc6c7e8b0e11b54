using System.Net;
using System.Net.Sockets;

namespace EventMesh.Cli.Demo;

/// <summary>A cable between two nodes that can go dead: first silent, so that nobody is told, then cut without a goodbye.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _sockets = [];
    private readonly Task _accepting;
    private TaskCompletionSource _flowing = Flowing();

    public TcpRelay(string target)
    {
        _target = IPEndPoint.Parse(target);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where to dial instead of the target.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>From now on nothing gets through, and nobody hears of it.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Resets every connection and lets new ones through.</summary>
    public void ResetAndHeal()
    {
        TaskCompletionSource flowing;
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                Reset(socket);
            }

            _sockets.Clear();
            (flowing, _flowing) = (_flowing, Flowing());
        }

        flowing.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        ResetAndHeal();
        await _accepting;
        _closing.Dispose();
    }

    private static TaskCompletionSource Flowing()
    {
        var flowing = new TaskCompletionSource();
        flowing.SetResult();
        return flowing;
    }

    private static void Reset(Socket socket)
    {
        // Zero linger makes closing a reset.
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var inbound = await _listener.AcceptSocketAsync(_closing.Token);
                _ = RelayAsync(inbound);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay is closed.
            return;
        }
    }

    private async Task RelayAsync(Socket inbound)
    {
        var outbound = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        inbound.NoDelay = true;
        lock (_gate)
        {
            _sockets.Add(inbound);
            _sockets.Add(outbound);
        }

        try
        {
            await outbound.ConnectAsync(_target, _closing.Token);
            await Task.WhenAny(PumpAsync(inbound, outbound), PumpAsync(outbound, inbound));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Either side is gone; so is the cable between them.
            inbound.Dispose();
        }

        lock (_gate)
        {
            _sockets.Remove(inbound);
            _sockets.Remove(outbound);
        }

        inbound.Dispose();
        outbound.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                Task flowing;
                lock (_gate)
                {
                    flowing = _flowing.Task;
                }

                await flowing;
                await to.SendAsync(buffer.AsMemory(0, length));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Cut.
            return;
        }
    }
}
