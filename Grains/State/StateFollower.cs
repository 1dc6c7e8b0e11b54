using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.State;

/// <summary>Reads a state topic into an index, from its start on and then whatever is new. One thread at a time; fences nobody.</summary>
/// <remarks>
/// The log of a topic is complete from every start that it has had: a compaction repeats what counts before it trims. So a start above the last
/// record read is no loss, but a new beginning. Damage is: it is reported, and what stands is the last value that can be read.
/// </remarks>
internal sealed partial class StateFollower(ITopicReader reader, ILogger logger)
{
    private const int ReadBytes = 1024 * 1024;
    private const int ReadRecords = 1000;

    /// <summary>The last values as far as they were read.</summary>
    public StateIndex Index { get; } = new();

    /// <summary>Where the next record is read.</summary>
    public LogOffset Next { get; private set; }

    /// <summary>Reads up to the read limit. Returns whether anything was read.</summary>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c> or <c>LogCorrupted</c>: a record that cannot be understood.</exception>
    public async ValueTask<bool> CatchUpAsync(CancellationToken cancellationToken)
    {
        var before = Next;
        while (Next < reader.Bounds.End)
        {
            using var batch = await reader.ReadAsync(Next, ReadBytes, ReadRecords, cancellationToken);
            if (batch.Records.Count == 0)
            {
                break;
            }

            foreach (var record in batch.Records)
            {
                Take(record);
            }

            Next = batch.Next;
        }

        return Next > before;
    }

    private void Take(EventRecord record)
    {
        if (record.Kind == RecordKind.Event)
        {
            Index.Apply(StateRecordCodec.Read(record.Body), record.Offset.Value);
            return;
        }

        var reason = GapBody.Decode(record.Body.Span).Reason;
        if (reason == GapReason.Trimmed)
        {
            Index.Restart();
        }
        else
        {
            LogDamaged(logger, reader.Topic, record.Offset.Value, record.Next.Value, reason);
        }
    }

    [LoggerMessage(EventIds.StateDamaged, LogLevel.Error,
        "State in {Topic} from offset {From} to below {To} is lost ({Reason}): what was written there is gone, and older values stand. Check it, and write it again.")]
    private static partial void LogDamaged(ILogger logger, TopicName topic, long from, long to, GapReason reason);
}
