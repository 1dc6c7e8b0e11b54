// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A call that came in as an HTTP request.</summary>
internal sealed partial class HttpServerCallContext(HttpContext httpContext, GrpcServiceOptions options, ILogger logger)
    : ServerCallContext
{
    private static readonly HashSet<string> ProtocolHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        GrpcHeaders.Encoding, GrpcHeaders.AcceptEncoding, GrpcHeaders.Timeout,
        "content-encoding", "content-type", "te", "host", "accept-encoding",
    };

    // Taken once: the request's features must not be looked up from other threads while the request ends.
    private readonly IHttpRequestLifetimeFeature _lifetime =
        httpContext.Features.Get<IHttpRequestLifetimeFeature>() ?? new HttpRequestLifetimeFeature();

    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;

    public HttpContext HttpContext => httpContext;

    public GrpcServiceOptions Options => options;

    /// <summary>True once the client is gone or has cancelled.</summary>
    public bool IsAborted => _lifetime.RequestAborted.IsCancellationRequested;

    protected override string MethodCore => httpContext.Request.Path.Value ?? "";

    protected override string HostCore => httpContext.Request.Host.Value ?? "";

    protected override string PeerCore
    {
        get
        {
            var connection = httpContext.Connection;
            return connection.RemoteIpAddress?.AddressFamily switch
            {
                null => "unknown",
                AddressFamily.InterNetwork => $"ipv4:{connection.RemoteIpAddress}:{connection.RemotePort}",
                AddressFamily.InterNetworkV6 => $"ipv6:[{connection.RemoteIpAddress}]:{connection.RemotePort}",
                _ => $"unknown:{connection.RemoteIpAddress}:{connection.RemotePort}",
            };
        }
    }

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerCertificate.Describe(httpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => httpContext.Items!;

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (httpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }

        foreach (var header in responseHeaders)
        {
            httpContext.Response.Headers.Append(header.Key, header.WireValue);
        }

        await httpContext.Response.BodyWriter.FlushAsync();
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Propagation tokens are not supported by the ASP.NET Core server.");

    private Metadata ReadRequestHeaders()
    {
        var headers = new Metadata();
        foreach (var (name, values) in httpContext.Request.Headers)
        {
            if (!name.StartsWith(':') && !ProtocolHeaders.Contains(name))
            {
                GrpcHeaders.Add(headers, name, values.ToString());
            }
        }

        return headers;
    }
}
