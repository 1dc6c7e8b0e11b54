namespace EventMesh.Cli.Demo;

/// <summary>Matches a topic against a pattern segment by segment: what the mesh's own routing is checked against, so it shares nothing with it.</summary>
internal static class NaiveMatcher
{
    public static bool Matches(string pattern, string topic)
    {
        var expected = pattern.Split('.');
        var actual = topic.Split('.');
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] == ">")
            {
                return actual.Length > i;
            }

            if (i >= actual.Length || (expected[i] != "*" && expected[i] != actual[i]))
            {
                return false;
            }
        }

        return expected.Length == actual.Length;
    }
}
