// Refuses a clustering that one process cannot be.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Net;

using EventMesh.StandIns.Runtime;

using Orleans.Runtime;

namespace EventMesh.StandIns.Hosting;

internal sealed record ConfiguredClustering(string? ProviderType);

/// <summary>Runs before a silo starts.</summary>
internal sealed class ClusteringCheck(Silo silo, ConfiguredClustering configured, IEnumerable<LocalhostClustering> localhost)
{
    private const string Hint = "The Orleans stand-in is one process. A cluster over several processes or machines needs the real packages: "
        + "build with -p:DependencySet=packages.";

    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(silo.Settings.Ids.ClusterId))
        {
            throw new OrleansConfigurationException("ClusterOptions.ClusterId must not be empty.");
        }

        if (string.IsNullOrWhiteSpace(silo.Settings.Ids.ServiceId))
        {
            throw new OrleansConfigurationException("ClusterOptions.ServiceId must not be empty.");
        }

        if (configured.ProviderType is { } provider && provider != "Development")
        {
            throw new OrleansConfigurationException($"Orleans:Clustering:ProviderType is \"{provider}\". {Hint}");
        }

        LocalhostClustering? asked = localhost.LastOrDefault();
        if (asked is null && configured.ProviderType is null && !silo.Cluster.IsTestCluster)
        {
            throw new OrleansConfigurationException("Clustering has not been configured: call UseLocalhostClustering on the silo builder.");
        }

        IPEndPoint own = silo.Address.Endpoint;
        if (asked?.PrimarySilo is { } primary && !primary.Equals(own))
        {
            throw new OrleansConfigurationException($"The primary silo is to be {primary}, which is not this silo's {own}. {Hint}");
        }
    }
}
