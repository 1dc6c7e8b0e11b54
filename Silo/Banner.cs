using System.Net;
using System.Reflection;
using System.Text;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using Microsoft.Extensions.Options;

namespace EventMesh.Silo;

/// <summary>What a started silo says of itself. Other programs read the <c>clients</c> and <c>peers</c> lines: keep their form.</summary>
internal static class Banner
{
    public static string Describe(IServiceProvider services)
    {
        var identity = services.GetRequiredService<IMeshNode>().Identity;
        var options = services.GetRequiredService<IOptions<EventMeshOptions>>().Value;
        var addresses = services.GetRequiredService<MeshAddresses>();
        var url = $"http://{Reachable(addresses.Client)}";
        var text = new StringBuilder();
        text.AppendLine();
        text.AppendLine($"EventMesh node {identity.Node}, incarnation {identity.Incarnation}");
        text.AppendLine($"  clients  {url}  (gRPC, /health/live, /health/ready)");
        text.AppendLine($"  peers    {addresses.Peer?.ToString() ?? "not listening"}");
        text.AppendLine($"  dials    {(options.ConnectPeer.Count == 0 ? "nobody" : string.Join(", ", options.ConnectPeer))}");
        text.AppendLine($"  events   {DescribeStorage(services, options)}");
        text.AppendLine($"  built on {DescribeDependencies()}");
        text.AppendLine();
        text.AppendLine("Try, in another terminal:");
        text.AppendLine($"  dotnet run --project Cli -- publish --topic hello.world --payload '{{\"n\":1}}' --server {url}");
        text.AppendLine($"  dotnet run --project Cli -- stream --topic 'hello.>' --from earliest --server {url}");
        text.AppendLine();
        text.Append("Ctrl-C stops the node.");
        return text.ToString();
    }

    private static string DescribeStorage(IServiceProvider services, EventMeshOptions options) => options.Storage.Kind == StorageKind.Memory
        ? "in memory: they end with this process"
        : $"in {services.GetRequiredService<IMeshNode>().StorageLocation}";

    private static string Reachable(IPEndPoint? endpoint) => endpoint switch
    {
        null => "nowhere",
        _ when endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any) => $"127.0.0.1:{endpoint.Port}",
        _ => endpoint.ToString(),
    };

    private static string DescribeDependencies()
    {
        var set = typeof(Banner).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(static attribute => attribute.Key == "DependencySet")?.Value;
        return set == "standins"
            ? "standins (in-repository stand-ins for Orleans and gRPC: one silo per node)"
            : $"{set ?? "unknown"} (Orleans and gRPC from the package feed)";
    }
}
