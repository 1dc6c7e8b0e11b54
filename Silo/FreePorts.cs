using System.Net;
using System.Net.Sockets;

namespace EventMesh.Silo;

/// <summary>Finds ports of the loopback for the silo's own traffic, so that several processes start on one machine without being told any.</summary>
internal static class FreePorts
{
    /// <summary>Takes <paramref name="count"/> different ports and lets them go again.</summary>
    public static int[] Find(int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                listeners.Add(listener);
            }

            return [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(static listener => listener.Dispose());
        }
    }
}
