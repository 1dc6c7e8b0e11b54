using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Client.Remote;

/// <summary>Hands a result of the wire to the publishes that it answers.</summary>
internal static class BatchOutcome
{
    public static void Apply(PendingBatch batch, PublishResult result)
    {
        if (result.Receipt is not { } receipt)
        {
            batch.Fail(RemoteErrors.ToMesh(result.Error ?? new Error { Code = (int)MeshErrorCode.OutcomeUnknown, Message = "The node sent an empty result." }));
            return;
        }

        if (!NodeId.TryParse(receipt.Origin, out var origin) || receipt.Count != batch.Count)
        {
            batch.Fail(new EventMeshException(
                MeshErrorCode.OutcomeUnknown, $"The node's receipt makes no sense: origin '{receipt.Origin}', {receipt.Count} events for {batch.Count}."));
            return;
        }

        batch.Complete(
            new NodeIdentity(origin, new Incarnation(receipt.Incarnation)),
            receipt.FirstSequence,
            new LogOffset(receipt.FirstOffset),
            WireConvert.FromWire(receipt.Durability));
    }
}
