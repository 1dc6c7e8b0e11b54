using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Hosting.Links;

/// <summary>Tells the node about one peer: on every transition, and once per heartbeat interval while there is a link. Never two reports at once.</summary>
internal sealed class PeerReporter(PeerEntry peer, LinkServices services, IPeerOwnership ownership)
{
    /// <summary>Runs until <paramref name="stopping"/>.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var alarm = new Alarm(services.Time, services.ClockStart, peer.ReportDue);
        try
        {
            while (true)
            {
                await peer.ReportDue.WaitAsync(stopping).ConfigureAwait(false);
                await ReportAsync(peer.Report(ownership.Silo), stopping).ConfigureAwait(false);
                if (peer.Current is not null)
                {
                    alarm.RingAt(services.Time.GetElapsedTime(services.ClockStart) + services.Options.HeartbeatInterval);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The way in which this loop ends.
            return;
        }
    }

    private async Task ReportAsync(PeerReport report, CancellationToken stopping)
    {
        try
        {
            if (await ownership.ReportAsync(report, stopping).ConfigureAwait(false) == PeerHealth.Unhealthy)
            {
                peer.CloseByOperator();
            }
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            // A grain call can fail in many ways; the next report says the same and more.
            LinkLog.ReportFailed(services.Logger, report.Peer, error);
        }
    }
}
