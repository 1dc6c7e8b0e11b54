using System.Diagnostics;
using EventMesh.Core.Errors;

namespace EventMesh.Cli.Demo;

/// <summary>A silo in a process of its own. Disposing it ends the process, whatever state it is in.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _lastLines = new();

    private SiloProcess(string node, Process process)
    {
        Node = node;
        _process = process;
    }

    public string Node { get; }

    /// <summary>The client port, as a URL.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Where peers dial.</summary>
    public string PeerAddress { get; private set; } = "";

    /// <summary>Starts a node on free ports, with its store in <paramref name="directory"/>, and waits until it has said where it listens.</summary>
    /// <exception cref="EventMeshException"><c>NodeNotReady</c>: it ended instead; its last lines say why.</exception>
    public static async Task<SiloProcess> StartAsync(
        SiloBuild build, string node, string directory, string connectPeer, CancellationToken cancellationToken)
    {
        var start = build.StartInfo();
        string[] flags =
            ["--node-id", node, "--http-port", "0", "--peer-listen", "127.0.0.1:0", "--eventlog-path", directory, "--log-level", "warning"];
        foreach (var argument in flags.Concat(connectPeer.Length == 0 ? [] : ["--connect-peer", connectPeer]))
        {
            start.ArgumentList.Add(argument);
        }

        var silo = new SiloProcess(node, new Process { StartInfo = start, EnableRaisingEvents = true });
        try
        {
            silo.Run();
            await silo._started.Task.WaitAsync(cancellationToken);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            using var limit = new CancellationTokenSource(StopTimeout, TimeProvider.System);
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _process.Dispose();
    }

    private void Run()
    {
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.Exited += (_, _) => _started.TrySetException(
            new EventMeshException(MeshErrorCode.NodeNotReady, $"Node {Node} ended while it started. It said:{Environment.NewLine}{LastLines()}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 20)
            {
                _lastLines.Dequeue();
            }
        }

        switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["clients", var url, ..]:
                Url = url;
                break;
            case ["peers", var address, ..]:
                PeerAddress = address;
                _started.TrySetResult();
                break;
            default:
                break;
        }
    }

    private string LastLines()
    {
        lock (_lastLines)
        {
            return string.Join(Environment.NewLine, _lastLines);
        }
    }
}
