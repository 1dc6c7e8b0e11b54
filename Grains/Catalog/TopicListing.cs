using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Grains.Catalog;

/// <summary>Lists the topics of a log that match a pattern.</summary>
public static class TopicListing
{
    private const int PageSize = 1_000;

    /// <summary>Topics that match <paramref name="pattern"/> (all without one), in ordinal order after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    public static IReadOnlyList<TopicSummary> List(IEventLog log, TopicPattern? pattern, TopicName after, int limit)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (pattern is null)
        {
            return log.ListTopics(after, limit);
        }

        var found = new List<TopicSummary>();
        while (found.Count < limit)
        {
            var page = log.ListTopics(after, PageSize);
            found.AddRange(page.Where(topic => pattern.Value.Matches(topic.Topic)).Take(limit - found.Count));
            if (page.Count < PageSize)
            {
                break;
            }

            after = page[^1].Topic;
        }

        return found;
    }
}
