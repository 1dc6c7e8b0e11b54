using EventMesh.Core.Errors;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Transport;

namespace EventMesh.Hosting.Links;

/// <summary>Dials one peer whenever its supervisor says so and this silo may, and runs what it has dialled. Decides nothing itself.</summary>
internal sealed class PeerDialer(PeerEntry peer, LinkGateway gateway, LinkServices services, ILinkTransport transport, IPeerOwnership ownership)
{
    /// <summary>Runs until <paramref name="stopping"/>; a link that is up then is ended by the gateway.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var alarm = new Alarm(services.Time, services.ClockStart, peer.DialChanged);
        try
        {
            while (true)
            {
                stopping.ThrowIfCancellationRequested();
                var due = peer.NextDialAt;
                if (due <= Elapsed && await ClaimAsync(stopping).ConfigureAwait(false))
                {
                    await DialAsync(stopping).ConfigureAwait(false);
                    continue;
                }

                alarm.RingAt(due <= Elapsed ? Elapsed + services.Options.HeartbeatInterval : due);
                await peer.DialChanged.WaitAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The way in which this loop ends.
            return;
        }
    }

    private TimeSpan Elapsed => services.Time.GetElapsedTime(services.ClockStart);

    private async ValueTask<bool> ClaimAsync(CancellationToken stopping)
    {
        try
        {
            var mayDial = await ownership.ClaimAsync(peer.Id, stopping).ConfigureAwait(false);
            if (!mayDial)
            {
                LinkLog.NotOwner(services.Logger, peer.Id.Value);
            }

            return mayDial;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            // A grain call can fail in many ways; each of them means: not now, ask again.
            LinkLog.ClaimFailed(services.Logger, peer.Id.Value, error);
            return false;
        }
    }

    private async Task DialAsync(CancellationToken stopping)
    {
        if (peer.TryBeginDial() is not { } number)
        {
            return;
        }

        if (await ConnectAsync(stopping).ConfigureAwait(false) is not { } connection)
        {
            return;
        }

        var link = gateway.CreateLink(connection, LinkRole.Dialer, number, peer.Id);
        var close = await gateway.RunAsync(link, CancellationToken.None).ConfigureAwait(false);
        if (link.Peer is null)
        {
            peer.DialFailed(close.Code, close.Message, close.RetryAfter, close.ByPeer);
        }
    }

    private async Task<ILinkConnection?> ConnectAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(services.Options.DialTimeout, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            return await transport.DialAsync(peer.Address, either.Token).ConfigureAwait(false);
        }
        catch (EventMeshException error)
        {
            peer.DialFailed(error.Code, error.Message, error.RetryAfter, byPeer: false);
            return null;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            peer.DialFailed(MeshErrorCode.PeerUnreachable, $"No connection within {services.Options.DialTimeout}.", null, byPeer: false);
            return null;
        }
    }
}
