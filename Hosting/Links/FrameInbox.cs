using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Links;

/// <summary>What was read from a stream and not yet given to the session, in order. One producer, one consumer.</summary>
/// <remarks>Bounded by bytes: beyond, the producer waits and the stream is not read, whatever the peer does.</remarks>
internal sealed class FrameInbox(int maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<(LinkInput Input, int Bytes)> _queue = new();
    private readonly Signal _room = new();
    private long _bytes;
    private bool _isClosed;

    /// <summary>Adds a frame, or all of a bundle; ends when there is room for more.</summary>
    public async ValueTask AddAsync(LinkFrame frame, Signal added)
    {
        if (!Add(frame, out var isFull))
        {
            return;
        }

        added.Set();
        while (isFull)
        {
            await _room.WaitAsync().ConfigureAwait(false);
            lock (_gate)
            {
                isFull = _bytes >= maxBytes;
            }
        }
    }

    /// <summary>Adds what comes last, without waiting; from any thread.</summary>
    public void AddLast(LinkInput end, Signal added)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _queue.Enqueue((end, 0));
            }
        }

        added.Set();
    }

    /// <summary>Takes the oldest input.</summary>
    public LinkInput? TryTake()
    {
        lock (_gate)
        {
            if (!_queue.TryDequeue(out var entry))
            {
                return null;
            }

            var wasFull = _bytes >= maxBytes;
            _bytes -= entry.Bytes;
            if (wasFull && _bytes < maxBytes)
            {
                _room.Set();
            }

            return entry.Input;
        }
    }

    /// <summary>Drops what waits and whatever is added later; a waiting producer goes on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _queue.Clear();
            _bytes = 0;
        }

        _room.Set();
    }

    private bool Add(LinkFrame frame, out bool isFull)
    {
        lock (_gate)
        {
            isFull = false;
            if (_isClosed)
            {
                return false;
            }

            if (frame is BundleFrame { Frames: var parts })
            {
                foreach (var part in parts)
                {
                    Enqueue(part);
                }
            }
            else
            {
                Enqueue(frame);
            }

            isFull = _bytes >= maxBytes;
            return true;
        }
    }

    private void Enqueue(LinkFrame frame)
    {
        _queue.Enqueue((new FrameReceived(frame), frame.SizeBytes));
        _bytes += frame.SizeBytes;
    }
}
