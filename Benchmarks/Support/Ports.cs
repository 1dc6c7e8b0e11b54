using System.Net;
using System.Net.Sockets;

namespace EventMesh.Benchmarks.Support;

/// <summary>Ports for what cannot pick one by itself.</summary>
internal static class Ports
{
    /// <summary>A port that is free now.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
