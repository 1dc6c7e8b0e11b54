using EventMesh.Core.Topics;
using FsCheck;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Topics;

/// <summary>Short names over few segments, so that random patterns and topics meet often; and the plain way to match them.</summary>
internal static class TopicGenerators
{
    private static readonly Gen<string> Segment = Gen.Elements("a", "b", "c", "aa");

    public static Gen<TopicName> Topic { get; } =
        from system in Gen.Frequency((9, Gen.Constant("")), (1, Gen.Constant("$")))
        from length in Gen.Choose(1, 5)
        from segments in Segment.ListOf(length)
        select TopicName.Parse(system + string.Join('.', segments));

    public static Gen<TopicPattern> Pattern { get; } =
        from length in Gen.Choose(1, 5)
        from segments in Gen.Frequency((3, Segment), (2, Gen.Constant("*"))).ListOf(length)
        from tail in Gen.Elements("", ".>")
        from system in Gen.Frequency((9, Gen.Constant("")), (1, Gen.Constant("$")))
        select TopicPattern.Parse((segments[0] == "*" ? "" : system) + string.Join('.', segments) + tail);

    /// <summary>Matching as the rule is told, without regard to speed.</summary>
    public static bool NaiveMatches(string pattern, string topic)
    {
        var expected = pattern.Split('.');
        var actual = topic.Split('.');
        var isHidden = topic.StartsWith('$') && (expected[0] == "*" || expected[0] == ">");
        return !isHidden && NaiveTail(expected, actual);
    }

    private static bool NaiveTail(string[] expected, string[] actual)
    {
        if (expected is [">"])
        {
            return actual.Length >= 1;
        }

        if (expected.Length == 0 || actual.Length == 0)
        {
            return expected.Length == actual.Length;
        }

        return (expected[0] == "*" || expected[0] == actual[0]) && NaiveTail(expected[1..], actual[1..]);
    }
}
