namespace EventMesh.Hosting.Node;

/// <summary>Whether this silo serves, and what is wrong with it: what the doors, the catalog and <c>/health</c> answer. Thread-safe.</summary>
public interface INodeHealth
{
    /// <summary>The state at this moment.</summary>
    NodeHealth Current { get; }

    /// <summary>Cancelled when the silo begins to stop: streams end, nothing new begins.</summary>
    CancellationToken Stopping { get; }
}

/// <summary>A silo's health.</summary>
/// <param name="IsLive">False when only a restart of the process can help (its log failed).</param>
/// <param name="IsReady">
/// Whether clients are served: started, not stopping, its table complete, room in the log, no other silo on a store for one. A log without room takes nothing
/// new, but goes on being read, and is ready again by itself once there is room.
/// </param>
/// <param name="Problems">What is wrong, each a sentence that says what to do; empty when the silo is ready.</param>
/// <param name="Warnings">What a person should look at although the silo serves, such as damaged ranges of the store; empty when there is nothing.</param>
public sealed record NodeHealth(bool IsLive, bool IsReady, IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings);
