using System.Text.Json.Serialization;
using EventMesh.Hosting.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EventMesh.Hosting.Doors;

/// <summary><c>/health/live</c> and <c>/health/ready</c>: 200 or 503, with what is wrong in words.</summary>
internal static class HealthEndpoints
{
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/health");
        group.MapGet("/live", static (NodeStatus status) => Answer(status, static health => health.IsLive));
        group.MapGet("/ready", static (NodeStatus status) => Answer(status, static health => health is { IsLive: true, IsReady: true }));
        return group;
    }

    private static IResult Answer(NodeStatus status, Func<NodeHealth, bool> judge)
    {
        // Asked once, so that the answer and its reasons are of one moment.
        var health = status.Health;
        var isWell = judge(health);
        var report = new HealthReport(isWell ? "ok" : "unavailable", status.IsInterestSynced, health.Problems, health.Warnings);
        return Results.Json(
            report, HealthJson.Default.HealthReport, statusCode: isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>The body of a health answer.</summary>
internal sealed record HealthReport(string Status, bool InterestSynced, IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HealthReport))]
internal sealed partial class HealthJson : JsonSerializerContext;
