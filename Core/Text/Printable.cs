namespace EventMesh.Core;

/// <summary>Makes text that came from outside safe to put in a message: control characters replaced, length bounded.</summary>
public static class Printable
{
    /// <summary>Most characters of foreign text that a message repeats.</summary>
    public const int MaxLength = 80;

    /// <summary>Returns at most <see cref="MaxLength"/> characters of <paramref name="text"/>, control characters as '?'.</summary>
    public static string Clip(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var length = Math.Min(text.Length, MaxLength);
        var clipped = string.Create(length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
            }
        });
        return length < text.Length ? clipped + "..." : clipped;
    }
}
