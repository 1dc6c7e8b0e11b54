namespace EventMesh.PeerLink.Sessions;

/// <summary>The decisions that a session can come to.</summary>
public enum LinkBranch
{
    /// <summary>The stream was opened.</summary>
    Opened,
}
