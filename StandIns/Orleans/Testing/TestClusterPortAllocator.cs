// Port numbers for the addresses of test silos.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.TestingHost;

public interface ITestClusterPortAllocator : IDisposable
{
    (int, int) AllocateConsecutivePortPairs(int numPorts);
}

/// <summary>Differs: nothing listens on the ports, so a process-wide counter makes them unique.</summary>
public class TestClusterPortAllocator : ITestClusterPortAllocator
{
    private const int FirstSiloPort = 20_000;
    private const int FirstGatewayPort = 40_000;
    private const int Ports = 20_000;
    private static int _allocated;

    public (int, int) AllocateConsecutivePortPairs(int numPorts = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numPorts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(numPorts, Ports);
        int first = (Interlocked.Add(ref _allocated, numPorts) - numPorts) % (Ports - numPorts + 1);
        return (FirstSiloPort + first, FirstGatewayPort + first);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
