using EventMesh.Core.Errors;
using Microsoft.Extensions.Hosting;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>The silo's health, as its parts report it. Thread-safe.</summary>
internal sealed class NodeState : INodeHealth, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenRegistration _hostStops;
    private readonly SortedDictionary<MeshErrorCode, string> _problems = [];
    private bool _isServing;

    /// <summary>The host's stop begins with the web server, which waits for streams to end: so they are told at once, not when the silo's turn comes.</summary>
    public NodeState(IHostApplicationLifetime? host = null) =>
        _hostStops = host?.ApplicationStopping.Register(BeginStop) ?? default;

    public CancellationToken Stopping => _stopping.Token;

    public NodeHealth Current
    {
        get
        {
            lock (_gate)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return new NodeHealth(IsLive: true, IsReady: false, ["The silo is stopping."]);
                }

                if (!_isServing)
                {
                    return new NodeHealth(IsLive: true, IsReady: false, ["The silo is starting."]);
                }

                var isLive = !_problems.ContainsKey(MeshErrorCode.LogFailed);
                return new NodeHealth(isLive, _problems.Count == 0, [.. _problems.Select(static entry => $"{entry.Key.ToLabel()}: {entry.Value}")]);
            }
        }
    }

    /// <summary>The silo serves from now on.</summary>
    public void Serve()
    {
        lock (_gate)
        {
            _isServing = true;
        }
    }

    /// <summary>The silo begins to stop.</summary>
    public void BeginStop()
    {
        if (!_stopping.IsCancellationRequested)
        {
            _stopping.Cancel();
        }
    }

    /// <summary>Something is wrong until <see cref="Solve"/>: the silo is not ready.</summary>
    public void Report(MeshErrorCode code, string message)
    {
        lock (_gate)
        {
            _problems[code] = message;
        }
    }

    /// <summary>What was reported under <paramref name="code"/> is well again.</summary>
    /// <returns>Whether anything was.</returns>
    public bool Solve(MeshErrorCode code)
    {
        lock (_gate)
        {
            return _problems.Remove(code);
        }
    }

    public void Dispose()
    {
        _hostStops.Dispose();
        _stopping.Dispose();
    }
}
