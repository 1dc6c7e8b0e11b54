// The endpoint of a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Net;

namespace Orleans.Configuration;

/// <summary>Differs: a stand-in silo is one process, so the endpoint is its name in the membership and nothing listens on it.</summary>
public class EndpointOptions
{
    public const int DEFAULT_SILO_PORT = 11111;

    public const int DEFAULT_GATEWAY_PORT = 30000;

    /// <summary>Default: the loopback address.</summary>
    public IPAddress AdvertisedIPAddress { get; set; } = IPAddress.Loopback;

    /// <summary>Default: 11111.</summary>
    public int SiloPort { get; set; } = DEFAULT_SILO_PORT;

    /// <summary>Default: 30000.</summary>
    public int GatewayPort { get; set; } = DEFAULT_GATEWAY_PORT;
}
