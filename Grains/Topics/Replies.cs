using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Storage;

namespace EventMesh.Grains.Topics;

/// <summary>Turns results and refusals of the log into replies.</summary>
internal static class Replies
{
    public static AppendReply Appended(AppendResult result) => new(
        MeshErrorCode.None,
        "",
        0,
        result.FirstOffset.Value,
        result.First.Incarnation.Value,
        result.First.Sequence,
        result.Durability,
        result.IsDuplicate);

    public static AppendReply Refused(EventMeshException refusal) =>
        new(refusal.Code, refusal.Message, RetryAfterMs(refusal), 0, 0, 0, Durability.Memory);

    public static ReplicaOutcome Outcome(ReplicateResult result) => new(
        result.Verdict, result.Held.Incarnation.Value, result.Held.Sequence, result.Stored, result.Duplicates, result.Rewound);

    public static ReplicateReply Replicated(ReplicaOutcome[] outcomes) => new(MeshErrorCode.None, "", 0, outcomes);

    public static ReplicateReply NotReplicated(EventMeshException refusal, ReplicaOutcome[] outcomes) =>
        new(refusal.Code, refusal.Message, RetryAfterMs(refusal), outcomes);

    private static long RetryAfterMs(EventMeshException refusal) => (long)(refusal.RetryAfter?.TotalMilliseconds ?? 0);
}
