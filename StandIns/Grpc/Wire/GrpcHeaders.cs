// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
namespace Grpc.Wire;

/// <summary>Header names and small header rules that both sides share.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";

    /// <summary>True for <c>application/grpc</c>, alone or followed by a subtype (<c>+proto</c>) or parameters.</summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';';
    }

    /// <summary>Senders may leave out the padding of a binary header.</summary>
    public static byte[] ParseBinary(string base64)
    {
        var missing = (4 - base64.Length % 4) % 4;
        return missing == 3
            ? throw new FormatException("Invalid base64 header value.")
            : Convert.FromBase64String(base64 + new string('=', missing));
    }

    public static void Add(Core.Metadata metadata, string key, string value)
    {
        if (Core.MetadataKey.IsBinary(key))
        {
            metadata.Add(key, ParseBinary(value));
        }
        else
        {
            metadata.Add(key, value);
        }
    }
}
