using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Interest;

/// <summary>Says patterns in the words of a reference peer, which knows <c>*</c> but not <c>></c>.</summary>
internal static class ReferencePatterns
{
    /// <summary>Most segments that a final <c>></c> stands for towards a reference peer.</summary>
    public const int MaxTailSegments = 8;

    /// <summary>The forms of <paramref name="pattern"/>: itself, or one for each number of segments that its <c>></c> may stand for.</summary>
    public static IEnumerable<string> Expand(TopicPattern pattern)
    {
        var text = pattern.Value;
        if (!text.EndsWith('>'))
        {
            yield return text;
            yield break;
        }

        var form = text[..^1];
        for (var segments = 1; segments <= MaxTailSegments && form.Length < TopicName.MaxBytes; segments++)
        {
            form += segments == 1 ? "*" : ".*";
            yield return form;
        }
    }
}
