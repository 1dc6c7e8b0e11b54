namespace EventMesh.PeerLink.Frames;

/// <summary>Several frames that travel as one message, in order. Made and taken apart by whoever writes and reads the stream; a session knows the frames
/// alone, and credit and counters are theirs.</summary>
/// <param name="Frames">1 to <see cref="MaxFrames"/> frames, none of them a bundle.</param>
public sealed record BundleFrame(IReadOnlyList<LinkFrame> Frames) : LinkFrame
{
    /// <summary>Most frames in a bundle.</summary>
    public const int MaxFrames = 256;

    /// <summary>Bytes of frames after which a bundle is sent: larger ones would only delay what comes behind.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <inheritdoc/>
    public override int SizeBytes => 16 + Frames.Sum(static frame => frame.SizeBytes);
}
