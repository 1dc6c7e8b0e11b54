namespace EventMesh.PeerLink.Metrics;

/// <summary>How far a peer is behind what it wants of this node.</summary>
/// <param name="Events">Events that it has not acknowledged.</param>
/// <param name="Bytes">Bytes of them that are queued or under way; what still lies in the logs is not measured.</param>
/// <param name="Age">How long the topic that waits longest has had something that is not acknowledged.</param>
public readonly record struct LinkLag(long Events, long Bytes, TimeSpan Age);
