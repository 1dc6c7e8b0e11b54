namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>How many bytes of events the peer has under way to this side, and what is to be given back.</summary>
internal sealed class ReceiveCredit(long window)
{
    private long _outstanding;

    /// <summary>Bytes to give back with the next acknowledgement.</summary>
    public long Free { get; private set; }

    /// <summary>Books a frame that came; false when the peer may not have sent it.</summary>
    public bool TryTake(int sizeBytes)
    {
        if (_outstanding > 0 && _outstanding + sizeBytes > window)
        {
            return false;
        }

        _outstanding += sizeBytes;
        return true;
    }

    /// <summary>A frame has been stored, dropped or ignored.</summary>
    public void Release(int sizeBytes)
    {
        _outstanding -= sizeBytes;
        Free += sizeBytes;
    }

    public long TakeFree()
    {
        var free = Free;
        Free = 0;
        return free;
    }
}
