using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Silo;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Once a second looks through the topics that have changed, so that a wake-up which another silo's end has lost costs a second, not an event.</summary>
/// <remarks>
/// Within one silo a wake-up is a method call and cannot be lost, so a silo that is alone does not sweep. Costs one entry per topic and one pass over the log's
/// list of topics, and no pass while nothing is flushed.
/// </remarks>
internal sealed partial class TopicSweep(
    IEventLog log, WakeupDispatcher dispatcher, IMeshMembership membership, TimeProvider time, ILogger logger)
{
    private const int PageSize = 1_024;
    private readonly Dictionary<TopicName, LogOffset> _seen = [];
    private long _sweptVersion = -1;
    private bool _hasSwept;

    /// <summary>Sweeps every <paramref name="interval"/> until cancelled.</summary>
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                SweepIfShared();
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    /// <summary>Wakes this silo's own for every topic whose read limit has moved since the last sweep.</summary>
    public void Sweep()
    {
        _hasSwept = true;

        // Before the pass: what is flushed while it runs is found by the next.
        var version = log.FlushVersion;
        if (version == _sweptVersion)
        {
            return;
        }

        Pass();
        _sweptVersion = version;
    }

    private void Pass()
    {
        TopicName after = default;
        while (true)
        {
            var page = log.ListTopics(after, PageSize);
            foreach (var topic in page)
            {
                if (_seen.GetValueOrDefault(topic.Topic) != topic.Bounds.End)
                {
                    _seen[topic.Topic] = topic.Bounds.End;
                    dispatcher.WakeLocal(new TopicAdvance(topic.Topic, topic.Bounds.End));
                }
            }

            if (page.Count < PageSize)
            {
                return;
            }

            after = page[^1].Topic;
        }
    }

    /// <summary>A silo that was not alone once goes on: the last words of the one that left may be missing.</summary>
    private void SweepIfShared()
    {
        if (!_hasSwept && membership.Current.Serving.Count < 2)
        {
            return;
        }

        try
        {
            Sweep();
        }
        catch (Exception failure)
        {
            LogFailed(logger, failure);
        }
    }

    [LoggerMessage(EventIds.SweepFailed, LogLevel.Warning, "The topics could not be looked through; trying again.")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
