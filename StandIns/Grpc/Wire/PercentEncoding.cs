// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;
using System.Text;

namespace Grpc.Wire;

/// <summary>The encoding of <c>grpc-message</c>: UTF-8 bytes outside printable ASCII, and the percent sign, become %XX.</summary>
internal static class PercentEncoding
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '%')]);

    public static string Encode(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Plain))
        {
            return value;
        }

        var text = new StringBuilder(value.Length * 2);
        foreach (var octet in Encoding.UTF8.GetBytes(value))
        {
            if (Plain.Contains((char)octet))
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    /// <summary>Malformed escapes stay as they are: a status must not get lost over its text.</summary>
    public static string Decode(string value) => Uri.UnescapeDataString(value);
}
