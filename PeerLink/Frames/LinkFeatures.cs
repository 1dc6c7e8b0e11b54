namespace EventMesh.PeerLink.Frames;

/// <summary>Names that a handshake announces; a feature is used only after both sides named it.</summary>
public static class LinkFeatures
{
    /// <summary>Batches with origin and position, Offer, Resume, Gap, acks by origin, credit, Pause, Goodbye and applied interest.</summary>
    public const string LogReplication = "log-replication-1";

    /// <summary>Several frames in one message: <see cref="BundleFrame"/>.</summary>
    public const string Bundles = "bundles-1";

    /// <summary>Everything that this release speaks.</summary>
    public static IReadOnlyList<string> All { get; } = [LogReplication, Bundles];
}
