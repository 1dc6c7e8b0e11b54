namespace EventMesh.PeerLink.Frames;

/// <summary>A message of the PeerLink stream, free of any wire library. Transports map it to <c>proto/peerlink/v1/peerlink.proto</c>.</summary>
public abstract record LinkFrame
{
    /// <summary>Whether the frame travels in the control lane, which is served before events.</summary>
    public virtual bool IsControl => true;

    /// <summary>About how many bytes the frame takes on the wire: what queues and credits count.</summary>
    public virtual int SizeBytes => 64;
}
