using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Client.Remote;

/// <summary>Hands a result of the wire to the publishes that it answers.</summary>
internal static class BatchOutcome
{
    /// <summary>Why the batch is not stored, as far as the result says; null when its receipt is there.</summary>
    public static EventMeshException? FailureOf(PendingBatch batch, PublishResult result)
    {
        if (result.Receipt is not { } receipt)
        {
            return RemoteErrors.ToMesh(result.Error ?? new Error { Code = (int)MeshErrorCode.OutcomeUnknown, Message = "The node sent an empty result." });
        }

        return NodeId.TryParse(receipt.Origin, out _) && receipt.Count == batch.Count
            ? null
            : new EventMeshException(
                MeshErrorCode.OutcomeUnknown, $"The node's receipt makes no sense: origin '{receipt.Origin}', {receipt.Count} events for {batch.Count}.");
    }

    /// <summary>Hands out the receipt of a batch that is stored.</summary>
    public static void Complete(PendingBatch batch, Receipt receipt) => batch.Complete(
        new NodeIdentity(NodeId.Parse(receipt.Origin), new Incarnation(receipt.Incarnation)),
        receipt.FirstSequence,
        new LogOffset(receipt.FirstOffset),
        WireConvert.FromWire(receipt.Durability),
        receipt.Duplicate);
}
