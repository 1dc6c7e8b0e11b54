using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.Topics;

internal sealed partial class TopicGrain
{
    [LoggerMessage(EventIds.TopicOpened, LogLevel.Debug, "Topic {Topic} is written here in term {Term} from offset {NextOffset} on.")]
    private static partial void LogOpened(ILogger logger, TopicName topic, long term, long nextOffset);

    [LoggerMessage(EventIds.TopicNotOpened, LogLevel.Warning, "Topic '{Topic}' cannot be opened: {Code}: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, string topic, MeshErrorCode code, string reason);

    [LoggerMessage(EventIds.TopicFenced, LogLevel.Warning, "Topic {Topic} is written elsewhere by now; this activation gives way.")]
    private static partial void LogFenced(ILogger logger, string topic);
}
