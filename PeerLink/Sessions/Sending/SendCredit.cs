namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>How many bytes of events the peer lets this side have under way.</summary>
internal sealed class SendCredit
{
    private long _window;

    /// <summary>Bytes sent that the peer has not given back.</summary>
    public long Outstanding { get; private set; }

    /// <summary>Starts with the window that the peer's handshake named.</summary>
    public void Open(long window) => _window = window;

    /// <summary>Whether a frame of this size may leave. One that is larger than the whole window may, alone: else it never could.</summary>
    public bool Allows(int sizeBytes) => Outstanding == 0 || Outstanding + sizeBytes <= _window;

    /// <summary>Whether a frame of this size is larger than the whole window.</summary>
    public bool IsOversized(int sizeBytes) => sizeBytes > _window;

    public void Take(int sizeBytes) => Outstanding += sizeBytes;

    /// <summary>Gives back what the peer says is free again; never more than is outstanding.</summary>
    public void Return(long bytes) => Outstanding -= Math.Clamp(bytes, 0, Outstanding);
}
