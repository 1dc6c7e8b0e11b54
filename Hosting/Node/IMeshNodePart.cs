namespace EventMesh.Hosting.Node;

/// <summary>A part of the silo that serves the outside, such as the link gateway. Every registered one is started and stopped with the node.</summary>
/// <remarks>
/// Parts start once the silo is active and holds the node's routing table, in the order of registration, and stop in reverse before any grain is
/// deactivated; the log is closed after both. A failed start fails the silo's start.
/// </remarks>
public interface IMeshNodePart
{
    /// <summary>Begins to serve; ends when it does.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Stops serving, gracefully until <paramref name="cancellationToken"/> is cancelled, then at once.</summary>
    Task StopAsync(CancellationToken cancellationToken);
}
