// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Puts a status where clients look for it: in the trailers, or in the headers when nothing has been sent yet.</summary>
internal static class ResponseStatus
{
    private static readonly string[] Codes =
        [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    public static void Set(HttpResponse response, Status status, Metadata? trailers = null)
    {
        var destination = DestinationOf(response);
        foreach (var trailer in trailers ?? Metadata.Empty)
        {
            destination.Append(trailer.Key, trailer.WireValue);
        }

        var code = (int)status.StatusCode;
        destination[GrpcHeaders.Status] =
            (uint)code < (uint)Codes.Length ? Codes[code] : code.ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[GrpcHeaders.Message] = PercentEncoding.Encode(status.Detail);
        }
    }

    private static IHeaderDictionary DestinationOf(HttpResponse response)
    {
        if (!response.HasStarted)
        {
            return response.Headers;
        }

        return response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers
            ? trailers
            : throw new InvalidOperationException("Trailers are not supported for this response.");
    }
}
