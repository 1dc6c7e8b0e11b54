// The names of cluster, service and silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Configuration;

public class ClusterOptions
{
    public const string DefaultClusterId = "default";

    public const string DefaultServiceId = "default";

    /// <summary>Silos and clients with the same cluster id form a cluster. Default: "default".</summary>
    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>Outlives clusters: names what is stored. Default: "default".</summary>
    public string ServiceId { get; set; } = DefaultServiceId;
}

public class SiloOptions
{
    /// <summary>Default: "Silo_" and five random characters.</summary>
    public string SiloName { get; set; } = null!;
}
