using EventMesh.Core.Errors;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>The silo's health at a moment: what its parts have reported, and what its log says of itself. Thread-safe.</summary>
/// <remarks>The log is asked every time, so a problem that ends by itself (no room) is gone from the answer as soon as it is gone from the log.</remarks>
internal sealed class NodeCondition(NodeState state, NodeLog log) : INodeHealth
{
    private const string ReportName = "damage.log";

    public NodeHealth Current
    {
        get
        {
            var health = log.Health;
            var problems = state.Problems;
            if (health is not null && CodeOf(health.Status) is { } code)
            {
                problems = [$"{code.ToLabel()}: {health.Reason}", .. problems];
            }

            return new NodeHealth(health?.Status != LogStatus.Failed, problems.Count == 0, problems, Warnings(health));
        }
    }

    public CancellationToken Stopping => state.Stopping;

    private static MeshErrorCode? CodeOf(LogStatus status) => status switch
    {
        LogStatus.Healthy => null,
        LogStatus.Full => MeshErrorCode.LogFull,
        _ => MeshErrorCode.LogFailed,
    };

    private static string[] Warnings(LogHealth? health) => health is { DamagedRanges: > 0 }
        ? [$"{MeshErrorCode.LogCorrupted.ToLabel()}: {health.DamagedRanges} damaged range(s) were found in {health.Location} since the start; {ReportName} there says which, and what became of them."]
        : [];
}
