using EventMesh.Core.Identity;
using EventMesh.Grains.Peers;

namespace EventMesh.Hosting.Links;

/// <summary>What the node remembers of its peers over restarts: addresses given at run time, holds, lives and link numbers. One reader.</summary>
internal interface IPeerBook
{
    /// <summary>The notes that are stored now.</summary>
    /// <exception cref="Core.Errors.EventMeshException">What is stored cannot be read.</exception>
    ValueTask<IReadOnlyDictionary<NodeId, PeerNote>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Waits until they may have changed since they were read.</summary>
    ValueTask WaitAsync(CancellationToken cancellationToken);
}
