namespace EventMesh.PeerLink.Frames;

/// <summary>One event without identity, as a reference peer sends and takes it.</summary>
/// <param name="Topic">The topic as it came; not checked yet.</param>
/// <param name="Offset">The sender's log offset; means nothing here.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Headers">The headers.</param>
public sealed record EventFrame(
    string Topic, long Offset, ReadOnlyMemory<byte> Payload, IReadOnlyList<KeyValuePair<string, string>> Headers) : LinkFrame
{
    /// <inheritdoc/>
    public override bool IsControl => false;

    /// <inheritdoc/>
    public override int SizeBytes => 64 + Topic.Length + Payload.Length;
}

/// <summary>The reference's acknowledgement by offset: defined, never sent, ignored when received.</summary>
public sealed record OffsetAckFrame(string Topic, long Offset) : LinkFrame;

/// <summary>A sign of life. Between our own nodes the latest one heard is echoed, from which the round trip is measured.</summary>
/// <param name="TimestampUnixMs">The sender's clock.</param>
/// <param name="EchoUnixMs">The timestamp of the last heartbeat that the sender heard; zero for none.</param>
/// <param name="EchoDelayMs">How long ago the sender heard it, in milliseconds.</param>
public sealed record HeartbeatFrame(long TimestampUnixMs, long EchoUnixMs, long EchoDelayMs) : LinkFrame;
