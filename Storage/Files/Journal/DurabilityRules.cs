using EventMesh.Core.Events;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>What receipts of a topic wait for where the publish does not say: the first rule whose pattern matches, else the store's.</summary>
internal sealed class DurabilityRules(FileStorageOptions options)
{
    private readonly (TopicPattern Pattern, Durability Durability)[] _rules =
        [.. options.Durabilities.Select(static rule => (TopicPattern.Parse(rule.Pattern), rule.Durability))];

    public Durability For(TopicName topic)
    {
        foreach (var (pattern, durability) in _rules)
        {
            if (pattern.Matches(topic))
            {
                return durability;
            }
        }

        return options.Durability;
    }
}
