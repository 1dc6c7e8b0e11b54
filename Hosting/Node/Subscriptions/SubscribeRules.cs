using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Subscriptions;

/// <summary>What a request to subscribe must obey.</summary>
internal static class SubscribeRules
{
    public static void Check(IEventLog log, SubscribeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Patterns.Count is < 1 or > SubscribeRequest.MaxPatterns)
        {
            throw Invalid($"patterns: {request.Patterns.Count} given; allowed are 1 to {SubscribeRequest.MaxPatterns}.");
        }

        CheckStart(log, request);
        foreach (var (topic, cursor) in request.Cursors)
        {
            CheckOffset(log, topic, cursor.Value, "cursor");
        }
    }

    private static void CheckStart(IEventLog log, SubscribeRequest request)
    {
        switch (request.Start, request.StartValue)
        {
            case (SubscribeStart.Live, null) or (SubscribeStart.Earliest, null):
                return;
            case (SubscribeStart.Live or SubscribeStart.Time, >= 0):
                return;
            case (SubscribeStart.Offset, { } offset):
                if (request.Patterns.Count != 1 || !TopicName.TryParse(request.Patterns[0].Value, out var topic))
                {
                    throw Invalid("start: an offset needs one pattern that names one topic.");
                }

                CheckOffset(log, topic, offset, "start value");
                return;
            default:
                throw Invalid($"start value: {request.StartValue?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} does not go with start '{request.Start}'.");
        }
    }

    private static void CheckOffset(IEventLog log, TopicName topic, long offset, string field)
    {
        var end = log.GetReader(topic).Bounds.End;
        if (offset < 0 || offset > end.Value)
        {
            throw new EventMeshException(MeshErrorCode.InvalidOffset, $"{field}: {offset} must be 0 to {end}, the end of '{topic}'.");
        }
    }

    private static EventMeshException Invalid(string message) => new(MeshErrorCode.InvalidArgument, message);
}
