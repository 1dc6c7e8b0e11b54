using System.Net;
using System.Net.Sockets;

namespace EventMesh.TestKit.Network;

/// <summary>A cable between two nodes that a test can let go silent, cut and mend. Thread-safe.</summary>
/// <remarks>Silent: connections stay open, new ones are taken, and no byte passes. Cut: every connection is reset, without a goodbye.</remarks>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly HashSet<Socket> _sockets = [];
    private readonly List<Task> _tasks = [];
    private IPEndPoint _target;
    private TaskCompletionSource _flows = Flowing();
    private bool _isClosed;

    private TcpRelay(IPEndPoint target) => _target = target;

    /// <summary>Where to dial instead of the target.</summary>
    public string Address => _listener.LocalEndPoint!.ToString()!;

    /// <summary>Connections that were opened through the relay.</summary>
    public int Opened { get; private set; }

    /// <summary>Starts a relay to <paramref name="target"/> (<c>address:port</c>).</summary>
    public static TcpRelay Start(string target)
    {
        var relay = new TcpRelay(IPEndPoint.Parse(target));
        relay._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        relay._listener.Listen();
        relay._tasks.Add(Task.Run(relay.AcceptAsync));
        return relay;
    }

    /// <summary>Leads new connections to <paramref name="target"/>: the node has come back at another port.</summary>
    public void Redirect(string target) => Volatile.Write(ref _target, IPEndPoint.Parse(target));

    /// <summary>Lets no more bytes pass, until <see cref="Heal"/>.</summary>
    public void GoSilent()
    {
        lock (_gate)
        {
            _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Resets every open connection; bytes under way are lost.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                Break(socket);
            }

            _sockets.Clear();
        }
    }

    /// <summary>Lets bytes pass again.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _flows.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task[] tasks;
        lock (_gate)
        {
            _isClosed = true;
            tasks = [.. _tasks];
        }

        _listener.Dispose();
        Heal();
        Reset();
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private static TaskCompletionSource Flowing()
    {
        var flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flows.SetResult();
        return flows;
    }

    // Closing without lingering sends a reset instead of an orderly end.
    private static void Break(Socket socket) => socket.Close(0);

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var from = await _listener.AcceptAsync().ConfigureAwait(false);
                var to = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                if (Track(from, to))
                {
                    Run(ForwardAsync(from, to));
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The relay is being disposed; nothing else ends a loopback listener.
                return;
            }
        }
    }

    private async Task ForwardAsync(Socket from, Socket to)
    {
        try
        {
            await to.ConnectAsync(Volatile.Read(ref _target)).ConfigureAwait(false);
            await Task.WhenAll(PumpAsync(from, to), PumpAsync(to, from)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One side is gone: so is the cable.
            Break(from);
            Break(to);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer).ConfigureAwait(false) is var count and > 0)
        {
            await Flow().ConfigureAwait(false);
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent)).ConfigureAwait(false);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private Task Flow()
    {
        lock (_gate)
        {
            return _flows.Task;
        }
    }

    private bool Track(Socket from, Socket to)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                Break(from);
                Break(to);
                return false;
            }

            Opened++;
            _sockets.Add(from);
            _sockets.Add(to);
            return true;
        }
    }

    private void Run(Task task)
    {
        lock (_gate)
        {
            _tasks.Add(task);
        }
    }
}
