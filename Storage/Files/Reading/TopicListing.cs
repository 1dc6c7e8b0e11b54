using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Topics as a listing shows them.</summary>
internal static class TopicListing
{
    /// <summary>Topics that hold or held a record and are not deleted, in ordinal order after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    public static List<TopicSummary> List(TopicTable topics, TopicName after, int limit)
    {
        var summaries = new List<TopicSummary>();
        foreach (var topic in limit > 0 ? topics.After(after) : [])
        {
            if (Summarise(topic) is { } summary)
            {
                summaries.Add(summary);
                if (summaries.Count == limit)
                {
                    break;
                }
            }
        }

        return summaries;
    }

    /// <summary>The topic as a listing shows it; null while it was never flushed, and once it is deleted.</summary>
    public static TopicSummary? Summarise(TopicLog topic)
    {
        lock (topic.Gate)
        {
            return topic.Limit == 0 || topic.DeletedAtUnixMs > 0
                ? null
                : new TopicSummary(topic.Name, new TopicBounds(new LogOffset(topic.Start), new LogOffset(topic.Limit)), topic.Bytes, topic.Own);
        }
    }
}
