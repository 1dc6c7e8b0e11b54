using System.Threading.Channels;
using EventMesh.PeerLink.Frames;

namespace EventMesh.Hosting.Links;

/// <summary>Frames on their way from the loop to the writer, in order. One producer, one consumer; the loop bounds what is in it.</summary>
internal sealed class OutgoingFrames(int capacity)
{
    private readonly Channel<LinkFrame> _frames = Channel.CreateBounded<LinkFrame>(
        new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });

    /// <summary>Adds a frame; there is always room for as many as the capacity.</summary>
    public void Add(LinkFrame frame) => _frames.Writer.TryWrite(frame);

    /// <summary>Nothing more will come; what is there is still taken.</summary>
    public void Complete() => _frames.Writer.TryComplete();

    /// <summary>Ends when there is something to take; false when nothing will come any more.</summary>
    public ValueTask<bool> WaitAsync() => _frames.Reader.WaitToReadAsync(CancellationToken.None);

    /// <summary>Fills <paramref name="frames"/> with what goes as one message: one frame, or as much of what waits as a bundle may hold. False when nothing
    /// waits.</summary>
    /// <remarks>A handshake goes by itself: what follows it is the first that the other side knows how to read.</remarks>
    public bool TryTake(List<LinkFrame> frames, bool asBundle)
    {
        frames.Clear();
        var (most, bytes) = (asBundle ? BundleFrame.MaxFrames : 1, 0);
        while (frames.Count < most && bytes < BundleFrame.MaxBytes && _frames.Reader.TryRead(out var frame))
        {
            frames.Add(frame);
            bytes += frame.SizeBytes;
            if (frame is HandshakeFrame)
            {
                break;
            }
        }

        return frames.Count > 0;
    }
}
