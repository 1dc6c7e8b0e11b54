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

    /// <summary>Whether who waits for a flush goes on in the synchronization context of the call. Not in a node, where no context is to be waited for; a simulation keeps its order with it.</summary>
    public bool ContinuesInContext { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Called once, when the log is disposed.</summary>
    public Action OnClosed { get; init; } = static () => { };

    /// <summary>A random number of 64 bits.</summary>
    public ulong NextSalt()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Random.NextBytes(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>A random id.</summary>
    public Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
