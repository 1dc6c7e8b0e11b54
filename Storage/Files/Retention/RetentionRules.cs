using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Which rule a topic has: the first of the configured ones whose pattern matches, else the store's. The node's own state has none.</summary>
internal sealed class RetentionRules
{
    private static readonly RetentionRule Keep = new(TimeSpan.Zero, 0, 0);

    private readonly (TopicPattern Pattern, RetentionRule Rule)[] _rules;
    private readonly RetentionRule _default;

    public RetentionRules(FileStorageOptions options)
    {
        _rules = [.. options.Topics.Select(static rule => (TopicPattern.Parse(rule.Pattern), new RetentionRule(rule.Age, rule.Bytes, rule.Count)))];
        _default = new RetentionRule(options.RetentionAge, options.RetentionBytes, options.RetentionCount);
    }

    public RetentionRule For(TopicName topic)
    {
        if (topic.IsState)
        {
            return Keep;
        }

        foreach (var (pattern, rule) in _rules)
        {
            if (pattern.Matches(topic))
            {
                return rule;
            }
        }

        return _default;
    }
}

/// <summary>How long a topic's records are kept; zero for no limit.</summary>
/// <param name="Age">Records older than this go.</param>
/// <param name="Bytes">Bytes of records above which the oldest go.</param>
/// <param name="Count">Records above which the oldest go.</param>
internal readonly record struct RetentionRule(TimeSpan Age, long Bytes, long Count)
{
    public bool IsNone => Age == TimeSpan.Zero && Bytes == 0 && Count == 0;
}
