using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Storage.Files;

/// <summary>What a file store takes from outside: tests own all of it.</summary>
internal sealed record FileLogServices
{
    /// <summary>The clock that stamps appends and paces work in the background.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Runs writing and flushing; in a node a thread of its own.</summary>
    public required IWorkScheduler Writing { get; init; }

    /// <summary>Runs what may take long and is waited for by nobody: zeros ahead, footers, checkpoints, retention.</summary>
    public required IWorkScheduler Background { get; init; }

    /// <summary>Gives ids and salts.</summary>
    public required Random Random { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
