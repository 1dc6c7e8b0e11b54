using System.Buffers;

namespace EventMesh.Core;

/// <summary>The character sets of names, in one place.</summary>
internal static class TextRules
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>What a segment of a topic may hold.</summary>
    public static readonly SearchValues<char> SegmentCharacters = SearchValues.Create(Alphanumeric + "_-");

    /// <summary>What a node id may hold: a segment's characters and the dot.</summary>
    public static readonly SearchValues<char> NodeIdCharacters = SearchValues.Create(Alphanumeric + "_-.");
}
