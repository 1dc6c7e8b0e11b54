// Mirrors Grpc.Core.Api 2.85.0. Delete when: every package feed in use offers Grpc.Core.Api.
using System.Buffers;

namespace Grpc.Core;

/// <summary>The rules for metadata keys.</summary>
internal static class MetadataKey
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public static string Normalize(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new ArgumentException(
                "Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.");
        }

        return key.ToLowerInvariant();
    }

    public static bool IsBinary(string key) => key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);
}
