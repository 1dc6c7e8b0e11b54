using EventMesh.Core.Routing;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Tells who wants a topic that it has new records: this silo's subscriptions and links, and other silos.</summary>
/// <remarks>
/// Runs after the flush, against the table of that moment. Nothing is queued here: a subscription and another silo keep one entry per topic,
/// so a wake-up costs a match and a mark, on the log's own thread.
/// </remarks>
internal sealed partial class WakeupDispatcher(InterestTable table, ILogger<WakeupDispatcher> logger) : IFlushListener
{
    [ThreadStatic]
    private static MatchSet<IWakeTarget>? s_matches;

    /// <summary>This silo's log has flushed: everybody is told.</summary>
    public void OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
        foreach (var advance in advances)
        {
            Dispatch(advance, toRemote: true);
        }
    }

    /// <summary>Another silo, or the sweep, found new records: only this silo's own are told.</summary>
    public void WakeLocal(TopicAdvance advance) => Dispatch(advance, toRemote: false);

    private void Dispatch(TopicAdvance advance, bool toRemote)
    {
        var matches = s_matches ??= new MatchSet<IWakeTarget>();
        table.Match(advance.Topic, matches);
        foreach (var target in matches.Targets)
        {
            if (toRemote || !target.IsRemote)
            {
                Wake(target, advance);
            }
        }
    }

    private void Wake(IWakeTarget target, TopicAdvance advance)
    {
        try
        {
            target.OnAdvanced(advance);
        }
        catch (Exception fault)
        {
            // A fault of one must not cost the others their wake-up, nor the log its thread.
            LogFault(logger, advance.Topic, fault);
        }
    }

    [LoggerMessage(EventIds.WakeUpFault, LogLevel.Error, "Somebody who wants topic {Topic} failed to be woken.")]
    private static partial void LogFault(ILogger logger, TopicName topic, Exception fault);
}
