using System.Threading.Channels;

namespace EventMesh.Hosting.Links;

/// <summary>Wakes one waiting loop. Setting it again before the loop looks changes nothing; setting it while nobody waits is remembered.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _set.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancellationToken = default) =>
        await _set.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
}
