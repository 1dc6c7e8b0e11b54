using EventMesh.Core.Errors;
using EventMesh.Core.Events;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>Takes apart a batch that holds events which this node can never take: each run of those becomes a gap, what is left stays
/// batches.</summary>
internal static class BatchSieve
{
    /// <summary>The batch itself when every event in it is valid, else its pieces in order. A part that cannot even be walked is one gap up to
    /// the end.</summary>
    public static IReadOnlyList<LinkItem> Sift(ReplicaBatch batch)
    {
        try
        {
            EventBatchReader.Validate(batch.Events);
            return [new LinkItem(batch)];
        }
        catch (EventMeshException)
        {
            // Not swallowed: the walk below meets the same rule and names its code in a gap.
            return Split(batch, static body => CodeOf(body));
        }
    }

    /// <summary>The batch as one piece per event.</summary>
    public static IReadOnlyList<LinkItem> Singly(ReplicaBatch batch) => Split(batch, static _ => MeshErrorCode.None, runs: false);

    private static List<LinkItem> Split(ReplicaBatch batch, Func<ReadOnlyMemory<byte>, MeshErrorCode> judge, bool runs = true)
    {
        var pieces = new List<LinkItem>();
        var reader = new EventBatchReader(batch.Events);
        var builder = new EventBatchBuilder { BaseTimeUnixMs = batch.Events.BaseTimeUnixMs };
        var next = batch.FirstSequence;
        var code = MeshErrorCode.None;
        while (code == MeshErrorCode.None && TryMove(ref reader, batch, out code))
        {
            var verdict = judge(reader.Body);
            if (verdict == MeshErrorCode.None)
            {
                builder.AddEncoded(reader.Body.Span, reader.TimeUnixMs);
            }

            if (verdict != MeshErrorCode.None || !runs)
            {
                next = Flush(batch, builder, next, pieces);
            }

            if (verdict != MeshErrorCode.None)
            {
                pieces.Add(Refused(batch, next, next, verdict));
                next++;
            }
        }

        next = Flush(batch, builder, next, pieces);
        if (code != MeshErrorCode.None)
        {
            pieces.Add(Refused(batch, next, batch.Last.Sequence, code));
        }

        return pieces;
    }

    private static bool TryMove(ref EventBatchReader reader, ReplicaBatch batch, out MeshErrorCode code)
    {
        code = MeshErrorCode.None;
        try
        {
            return reader.MoveNext();
        }
        catch (EventMeshException broken)
        {
            // What follows cannot be told apart any more: its code goes into the gap that stands for the rest.
            code = broken.Code;
            return false;
        }
    }

    private static long Flush(ReplicaBatch batch, EventBatchBuilder builder, long first, List<LinkItem> pieces)
    {
        if (builder.Count == 0)
        {
            return first;
        }

        var events = builder.BuildCopy();
        builder.Reset();
        pieces.Add(new LinkItem(batch with { Previous = Before(batch, first), FirstSequence = first, Events = events }));
        return first + events.Count;
    }

    private static LinkItem Refused(ReplicaBatch batch, long first, long last, MeshErrorCode code) =>
        new(new Gap(batch.Origin, Before(batch, first), new(batch.Incarnation, last), GapReason.Refused, code));

    private static Core.Identity.Position Before(ReplicaBatch batch, long sequence) =>
        sequence == batch.FirstSequence ? batch.Previous : new(batch.Incarnation, sequence - 1);

    private static MeshErrorCode CodeOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            EventBody.Validate(body.Span);
            return MeshErrorCode.None;
        }
        catch (EventMeshException refused)
        {
            return refused.Code;
        }
    }
}
