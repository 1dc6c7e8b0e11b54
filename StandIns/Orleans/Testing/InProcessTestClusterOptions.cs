// What an in-process test cluster is made of.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.Hosting;

namespace Orleans.TestingHost;

public sealed class InProcessTestClusterOptions
{
    public string ClusterId { get; set; } = null!;

    public string ServiceId { get; set; } = null!;

    public short InitialSilosCount { get; set; }

    /// <summary>Whether <see cref="InProcessTestCluster.DeployAsync"/> also starts a client. Default: true.</summary>
    public bool InitializeClientOnDeploy { get; set; } = true;

    /// <summary>Differs: nothing is written to files.</summary>
    public bool ConfigureFileLogging { get; set; } = true;

    /// <summary>Differs: each silo always has its own grain classes.</summary>
    public bool AssumeHomogenousSilosForTesting { get; set; }

    /// <summary>Default: true.</summary>
    public bool GatewayPerSilo { get; set; } = true;

    public List<Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder>> SiloHostConfigurationDelegates { get; } = [];

    public List<Action<IHostApplicationBuilder>> ClientHostConfigurationDelegates { get; } = [];
}

public sealed class InProcessTestSiloSpecificOptions
{
    public int SiloPort { get; set; }

    public int GatewayPort { get; set; }

    public string SiloName { get; set; } = null!;

    public static InProcessTestSiloSpecificOptions Create(
        InProcessTestCluster testCluster,
        InProcessTestClusterOptions testClusterOptions,
        int instanceNumber,
        bool assignNewPort = false)
    {
        ArgumentNullException.ThrowIfNull(testCluster);
        ArgumentNullException.ThrowIfNull(testClusterOptions);
        (int siloPort, int gatewayPort) = testCluster.PortAllocator.AllocateConsecutivePortPairs(1);
        return new InProcessTestSiloSpecificOptions
        {
            SiloName = $"Silo_{instanceNumber}",
            SiloPort = siloPort,
            GatewayPort = instanceNumber == 0 || testClusterOptions.GatewayPerSilo ? gatewayPort : 0,
        };
    }
}
