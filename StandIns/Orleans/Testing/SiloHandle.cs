// A silo of a test cluster.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.Hosting;

using Orleans.Runtime;

namespace Orleans.TestingHost;

public abstract class SiloHandle : IDisposable, IAsyncDisposable
{
    public short InstanceNumber { get; set; }

    public string Name { get; set; } = null!;

    public SiloAddress SiloAddress { get; set; } = null!;

    public SiloAddress GatewayAddress { get; set; } = null!;

    public abstract bool IsActive { get; }

    /// <summary>False: the silo ends as by a crash.</summary>
    public abstract Task StopSiloAsync(bool stopGracefully);

    public abstract Task StopSiloAsync(CancellationToken ct);

    public abstract ValueTask DisposeAsync();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    public override string ToString() => SiloAddress.ToString();

    protected virtual void Dispose(bool disposing)
    {
    }
}

public class InProcessSiloHandle : SiloHandle
{
    private bool _active = true;
    private int _disposed;

    public IHost SiloHost { get; init; } = null!;

    public IServiceProvider ServiceProvider => SiloHost.Services;

    public override bool IsActive => _active;

    public override Task StopSiloAsync(bool stopGracefully) => StopSiloAsync(new CancellationToken(!stopGracefully));

    public override async Task StopSiloAsync(CancellationToken ct)
    {
        if (!_active)
        {
            return;
        }

        try
        {
            await Task.Run(() => SiloHost.StopAsync(ct), CancellationToken.None);
        }
        finally
        {
            _active = false;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await StopSiloAsync(true);
        }
        finally
        {
            if (SiloHost is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync();
            }
            else
            {
                SiloHost.Dispose();
            }
        }

        GC.SuppressFinalize(this);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }
}
