// What the clustering of a host was asked to be.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Immutable;
using System.Net;

using Microsoft.Extensions.DependencyInjection;

using Orleans.Configuration;

namespace EventMesh.StandIns.Hosting;

internal sealed record LocalhostClustering(IPEndPoint? PrimarySilo)
{
    private const string DefaultId = "dev";

    public static void ConfigureIds(IServiceCollection services, string serviceId, string clusterId)
    {
        if (serviceId == DefaultId && clusterId == DefaultId)
        {
            services.PostConfigure<ClusterOptions>(options =>
            {
                options.ClusterId = string.IsNullOrWhiteSpace(options.ClusterId) ? DefaultId : options.ClusterId;
                options.ServiceId = string.IsNullOrWhiteSpace(options.ServiceId) ? DefaultId : options.ServiceId;
            });
            return;
        }

        services.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = clusterId;
            options.ServiceId = serviceId;
        });
    }
}

internal sealed record ClientGateways(ImmutableArray<IPEndPoint> Endpoints);
