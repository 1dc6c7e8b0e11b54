// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>What an HTTP response says apart from its messages.</summary>
internal static class ResponseHead
{
    /// <summary>The status that a response has before any message: sent by the server without a body, or because it is no gRPC response.</summary>
    public static Status? EarlyStatus(HttpResponseMessage response)
    {
        if (TryReadStatus(response.Headers, out var status))
        {
            return status;
        }

        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(MapHttpStatus(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var contentType = FirstValue(response.Content.Headers, "Content-Type");
        return GrpcHeaders.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Cancelled, contentType is null
                ? "Bad gRPC response. Response did not have a content-type header."
                : $"Bad gRPC response. Invalid content-type value: {contentType}");
    }

    /// <summary>The status after the last message. Only once the body was read to its end.</summary>
    public static Status FinalStatus(HttpResponseMessage response) =>
        TryReadStatus(response.TrailingHeaders, out var status) || TryReadStatus(response.Headers, out status)
            ? status
            : new Status(StatusCode.Cancelled, "No grpc-status found on response.");

    /// <summary>The trailers, which are in the headers when the response has no body.</summary>
    public static Metadata ReadTrailers(HttpResponseMessage response) =>
        ReadMetadata(TryReadStatus(response.TrailingHeaders, out _) ? response.TrailingHeaders : response.Headers);

    public static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!IsProtocolHeader(name))
            {
                foreach (var value in values)
                {
                    GrpcHeaders.Add(metadata, name, value);
                }
            }
        }

        return metadata;
    }

    public static RpcException RefuseCompressed(HttpResponseMessage response) =>
        CompressedMessages.Refusal(FirstValue(response.Headers, GrpcHeaders.Encoding) ?? GrpcHeaders.Identity);

    private static bool TryReadStatus(HttpHeaders headers, out Status status)
    {
        status = default;
        if (FirstValue(headers, GrpcHeaders.Status) is not { } text)
        {
            return false;
        }

        status = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status((StatusCode)code, PercentEncoding.Decode(FirstValue(headers, GrpcHeaders.Message) ?? ""))
            : new Status(StatusCode.Cancelled, $"Unexpected grpc-status value: {text}");
        return true;
    }

    private static string? FirstValue(HttpHeaders headers, string name)
    {
        if (headers.NonValidated.TryGetValues(name, out var values))
        {
            foreach (var value in values)
            {
                return value;
            }
        }

        return null;
    }

    private static bool IsProtocolHeader(string name) =>
        name.StartsWith(':') || name.ToLowerInvariant() is
            GrpcHeaders.Status or GrpcHeaders.Message or GrpcHeaders.Encoding or GrpcHeaders.AcceptEncoding
            or "content-encoding" or "content-type";

    private static StatusCode MapHttpStatus(HttpStatusCode code) => (int)code switch
    {
        400 or 431 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        >= 100 and < 200 => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };
}
