using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Storage;

namespace EventMesh.Grains.Silo;

/// <summary>What the grains need of the silo that they run on; the host provides it. Thread-safe.</summary>
public interface IMeshSilo
{
    /// <summary>The node's logs.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>NodeNotReady</c> before they are open.</exception>
    IEventLog Log { get; }

    /// <summary>Ends when this silo holds the node's whole routing table: a topic served before could fail to wake somebody.</summary>
    Task WaitForTableAsync(CancellationToken cancellationToken);

    /// <summary>Opens a subscription on this silo.</summary>
    /// <exception cref="Core.Errors.EventMeshException">A refusal, see its code.</exception>
    ValueTask<ISiloSession> OpenSessionAsync(SessionOpen request, CancellationToken cancellationToken);

    /// <summary>The peers as this silo sees them.</summary>
    IReadOnlyList<PeerReport> GetPeers();

    /// <summary>This silo's health.</summary>
    HealthReply GetHealth();
}

/// <summary>An open subscription on a silo. One pull at a time.</summary>
public interface ISiloSession : IAsyncDisposable
{
    /// <summary>See <see cref="SessionOpened.SinceUnixMs"/>.</summary>
    long SinceUnixMs { get; }

    /// <summary>Waits up to <paramref name="wait"/> for records; empty when none came.</summary>
    Task<TopicRecords[]> PullAsync(int maxBytes, TimeSpan wait, CancellationToken cancellationToken);
}
