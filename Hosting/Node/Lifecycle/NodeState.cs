using EventMesh.Core.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Whether the silo serves, and what of its parts only a restart can mend. Thread-safe.</summary>
internal sealed partial class NodeState : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenRegistration _hostStops;
    private readonly SortedDictionary<MeshErrorCode, string> _problems = [];
    private readonly ILogger _logger;
    private bool _isServing;
    private bool _isDisposed;

    /// <summary>The host's stop begins with the web server, which waits for streams to end: so they are told at once, not when the silo's turn comes.</summary>
    public NodeState(ILogger<NodeState> logger, IHostApplicationLifetime? host = null)
    {
        _logger = logger;
        Stopping = _stopping.Token;
        _hostStops = host?.ApplicationStopping.Register(BeginStop) ?? default;
    }

    public CancellationToken Stopping { get; }

    /// <summary>What keeps the silo from serving, in sentences; empty while it serves.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate)
            {
                IEnumerable<string> problems = _problems.Select(static entry => $"{entry.Key.ToLabel()}: {entry.Value}");
                if (Stopping.IsCancellationRequested)
                {
                    problems = problems.Append("The silo is stopping.");
                }
                else if (!_isServing)
                {
                    problems = problems.Append("The silo is starting.");
                }

                return [.. problems];
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

    /// <summary>The silo stops serving, for good.</summary>
    public void BeginStop()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }
        }

        _stopping.Cancel();
    }

    /// <summary>Something is wrong that only a restart can mend: the silo is not ready any more.</summary>
    public void Report(MeshErrorCode code, string message)
    {
        lock (_gate)
        {
            if (!_problems.TryAdd(code, message))
            {
                return;
            }
        }

        LogProblem(_logger, code, message);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _hostStops.Dispose();
        _stopping.Dispose();
    }

    [LoggerMessage(EventIds.NotReady, LogLevel.Error, "The silo is not ready any more: {Code}: {Problem}")]
    private static partial void LogProblem(ILogger logger, MeshErrorCode code, string problem);
}
