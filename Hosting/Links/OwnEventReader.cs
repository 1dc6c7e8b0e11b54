using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Sessions;
using EventMesh.Storage;

namespace EventMesh.Hosting.Links;

/// <summary>Reads from the logs what a link sends: this node's own flushed events. Thread-safe.</summary>
internal sealed class OwnEventReader(ILinkHost host)
{
    private const int MaxRecordsPerRead = 4096;

    // A topic may hold a long run of other nodes' events: a read gives up after so many and goes on with the next.
    private const int MaxRecordsPerAnswer = 16_384;

    private NodeId Self => host.Identity.Node;

    /// <summary>Answers <see cref="ReadTopic"/>.</summary>
    public async ValueTask<TopicRead> ReadAsync(ReadTopic request, CancellationToken cancellationToken)
    {
        var reader = host.Log.GetReader(request.Topic);
        if (Begin(reader, request, out var next) is not { } packer)
        {
            return new TopicRead(request.Token, request.Topic, [], LogOffset.Zero, reader.FlushedPosition(Self), NeedsOffer: true, MeshErrorCode.None);
        }

        var isFull = false;
        for (var examined = 0; !isFull && packer.Bytes < request.MaxBytes && examined < MaxRecordsPerAnswer;)
        {
            using var records = await reader.ReadAsync(next, request.MaxBytes - packer.Bytes, MaxRecordsPerRead, cancellationToken).ConfigureAwait(false);
            if (records.Records.Count == 0)
            {
                break;
            }

            examined += records.Records.Count;
            isFull = Pack(reader, records, packer, ref next) == Packed.Full;
        }

        if (!isFull)
        {
            // Own events below the place of the next read that were not there to be packed are gone for good.
            packer.AddGap(reader.PositionBefore(Self, next), GapReason.Trimmed);
        }

        return new TopicRead(
            request.Token, request.Topic, packer.Build(), next, reader.FlushedPosition(Self), NeedsOffer: false, MeshErrorCode.None);
    }

    /// <summary>Answers <see cref="FindTopics"/>.</summary>
    public TopicsFound Find(FindTopics request)
    {
        // Before the listing: what is flushed while it runs is looked for again.
        var version = host.Log.FlushVersion;
        if (version == request.Known)
        {
            return new TopicsFound(request.Token, [], request.After, IsLast: true, version);
        }

        var page = host.Log.ListTopics(request.After, request.Limit);
        var found = new List<FoundTopic>();
        foreach (var summary in page)
        {
            if (!summary.Topic.IsSystem && !summary.OwnPosition.IsNone && Matches(request.Patterns, summary.Topic))
            {
                found.Add(new FoundTopic(summary.Topic, summary.OwnPosition));
            }
        }

        return new TopicsFound(request.Token, found, page.Count > 0 ? page[^1].Topic : request.After, page.Count < request.Limit, version);
    }

    /// <summary>Answers <see cref="LookUpPositions"/>.</summary>
    public PositionsFound LookUp(LookUpPositions request) =>
        new(request.Token, [.. request.Topics.Select(topic => host.Log.GetReader(topic).FlushedPosition(request.Origin))]);

    private static bool Matches(IReadOnlyList<TopicPattern> patterns, TopicName topic)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(topic))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds where to read from; null when the peer must first be asked what it holds.</summary>
    private OwnRunPacker? Begin(ITopicReader reader, ReadTopic request, out LogOffset next)
    {
        var start = request.Start;
        switch (start.Kind)
        {
            case ReadStartKind.After:
                next = start.Cursor ?? reader.OffsetAfter(Self, start.After);
                return new OwnRunPacker(Self, start.After, request.MaxBytes);

            case ReadStartKind.Open:
                next = reader.OffsetAfter(Self, Position.None);
                return reader.PositionBefore(Self, reader.OffsetAtTime(start.SinceUnixMs)).IsNone
                    ? new OwnRunPacker(Self, Position.None, request.MaxBytes)
                    : null;

            case ReadStartKind.Time:
                next = reader.OffsetAtTime(start.SinceUnixMs);
                var packer = new OwnRunPacker(Self, Position.None, request.MaxBytes);
                // At the start of the log nobody knows any more which of the events before it were wanted: they are gone either way.
                var reason = next > reader.Bounds.Start ? GapReason.BeforeInterest : GapReason.Trimmed;
                packer.AddGap(reader.PositionBefore(Self, next), reason);
                return packer;

            default:
                throw new ArgumentException($"{start.Kind} is no start of a read.", nameof(request));
        }
    }

    private Packed Pack(ITopicReader reader, RecordBatch records, OwnRunPacker packer, ref LogOffset next)
    {
        var result = Packed.Nothing;
        packer.Expect(records);
        foreach (var record in records.Records)
        {
            if (record.Origin != Self)
            {
                continue;
            }

            if (record.Kind == RecordKind.Gap)
            {
                packer.AddGap(record);
            }
            else if (!packer.TryAdd(record, Previous(reader, packer.Last, record)))
            {
                next = record.Offset;
                return Packed.Full;
            }

            result = Packed.Some;
        }

        // Other nodes' events only: jump to our next one, if that is further on.
        var jump = result == Packed.Nothing ? reader.OffsetAfter(Self, packer.Last) : records.Next;
        next = jump > records.Next ? jump : records.Next;
        return result;
    }

    /// <summary>The own position before <paramref name="record"/>; looked up only where it does not follow what was packed last.</summary>
    private Position Previous(ITopicReader reader, Position last, EventRecord record) =>
        !last.IsNone && record.Position.Incarnation == last.Incarnation && record.Position.Sequence == last.NextSequence
            ? last
            : reader.PositionBefore(Self, record.Offset);

    private enum Packed
    {
        Nothing,
        Some,
        Full,
    }
}
