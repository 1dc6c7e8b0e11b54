using System.Text.Json.Serialization;
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
        group.MapGet("/live", static (NodeStatus status) => Answer(status, status.Health.IsLive));
        group.MapGet("/ready", static (NodeStatus status) => Answer(status, status.Health is { IsLive: true, IsReady: true }));
        return group;
    }

    private static IResult Answer(NodeStatus status, bool isWell)
    {
        var report = new HealthReport(isWell ? "ok" : "unavailable", status.IsInterestSynced, status.Health.Problems);
        return Results.Json(
            report, HealthJson.Default.HealthReport, statusCode: isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>The body of a health answer.</summary>
internal sealed record HealthReport(string Status, bool InterestSynced, IReadOnlyList<string> Problems);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HealthReport))]
internal sealed partial class HealthJson : JsonSerializerContext;
