using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using Google.Protobuf.Collections;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>Checks what a client wants to subscribe to, and whether its cursors belong to this node's log.</summary>
internal static class SubscribeRequests
{
    private const int MaxCursors = 100_000;

    /// <summary>Reads a request. Cursors that are not of this log become the beginning of the topic, and are named.</summary>
    /// <exception cref="EventMeshException">The rule that is broken, with the field.</exception>
    public static async ValueTask<(SubscribeRequest Request, IReadOnlyList<TopicName> Rewound)> ReadAsync(
        IMeshNode node, Wire.SubscribeRequest request, CancellationToken cancellationToken)
    {
        if (request.Patterns.Count is < 1 or > SubscribeRequest.MaxPatterns)
        {
            throw DoorErrors.Invalid("patterns", $"{request.Patterns.Count} must be 1 to {SubscribeRequest.MaxPatterns}");
        }

        var start = request.Start switch
        {
            Wire.StartAt.Live => SubscribeStart.Live,
            Wire.StartAt.Earliest => SubscribeStart.Earliest,
            Wire.StartAt.Offset => SubscribeStart.Offset,
            Wire.StartAt.Time => SubscribeStart.Time,
            _ => throw DoorErrors.Invalid("start", $"{(int)request.Start} is none of 0 to 3"),
        };
        CheckStartValue(request, start);
        var (cursors, rewound) = await ReadCursorsAsync(node, request.Cursors, cancellationToken);
        var checkedRequest = new SubscribeRequest
        {
            Patterns = [.. request.Patterns.Select(TopicPattern.Parse)],
            Start = start,
            StartValue = request.HasStartValue ? request.StartValue : null,
            Cursors = cursors,
        };
        return (checkedRequest, rewound);
    }

    private static void CheckStartValue(Wire.SubscribeRequest request, SubscribeStart start)
    {
        var needed = start is SubscribeStart.Offset or SubscribeStart.Time;
        if (needed && !request.HasStartValue)
        {
            throw DoorErrors.Invalid("start_value", $"must be set when start is {start}");
        }

        if (request.HasStartValue && request.StartValue < 0)
        {
            throw new EventMeshException(MeshErrorCode.InvalidOffset, $"start_value: {request.StartValue} must be 0 or more.");
        }
    }

    private static async ValueTask<(Dictionary<TopicName, LogOffset> Cursors, List<TopicName> Rewound)> ReadCursorsAsync(
        IMeshNode node, RepeatedField<Wire.Cursor> requested, CancellationToken cancellationToken)
    {
        if (requested.Count > MaxCursors)
        {
            throw DoorErrors.Invalid("cursors", $"{requested.Count} is above {MaxCursors}");
        }

        var cursors = new Dictionary<TopicName, LogOffset>(requested.Count);
        var rewound = new List<TopicName>();
        foreach (var cursor in requested)
        {
            var topic = TopicName.Parse(cursor.Topic);
            if (cursor.Offset < 0)
            {
                throw new EventMeshException(MeshErrorCode.InvalidOffset, $"cursors: offset {cursor.Offset} of '{topic}' must be 0 or more.");
            }

            var belongs = await BelongsAsync(node, topic, cursor, cancellationToken);
            if (!belongs)
            {
                rewound.Add(topic);
            }

            if (!cursors.TryAdd(topic, new LogOffset(belongs ? cursor.Offset : 0)))
            {
                throw DoorErrors.Invalid("cursors", $"'{topic}' is named twice");
            }
        }

        return (cursors, rewound);
    }

    /// <summary>Whether the record before the cursor is still the one that the client saw there. What has been trimmed since cannot be compared, and is told by its own gap.</summary>
    private static async ValueTask<bool> BelongsAsync(IMeshNode node, TopicName topic, Wire.Cursor cursor, CancellationToken cancellationToken)
    {
        var reader = node.GetReader(topic);
        var bounds = reader.Bounds;
        if (cursor.Offset > bounds.End.Value)
        {
            return false;
        }

        var before = new LogOffset(cursor.Offset - 1);
        if (cursor.LastOrigin.Length == 0 || before < bounds.Start)
        {
            return true;
        }

        using var batch = await reader.ReadAsync(before, 1, 1, cancellationToken);
        return batch.Records is not [{ Kind: RecordKind.Event } last, ..] || last.Offset != before ||
            (last.Origin.Value == cursor.LastOrigin && last.Position.Incarnation.Value == cursor.LastIncarnation && last.Position.Sequence == cursor.LastSequence);
    }
}
