// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Runs the calls of one method: checks the request, activates the service, and turns every end into a status.</summary>
internal abstract class CallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServiceActivator<TService> activator,
    GrpcServiceOptions options,
    ILogger logger)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!IsAcceptable(http))
        {
            return;
        }

        var call = new HttpServerCallContext(http, options, logger);
        http.Response.ContentType = GrpcHeaders.ContentType;
        try
        {
            call.StartDeadline();
            await using (var activation = activator.Activate(http.RequestServices))
            {
                await InvokeAsync(activation.Service, call);
            }

            await call.EndAsync();
        }
        catch (Exception exception)
        {
            // Whatever a handler throws ends this call alone, as a status.
            await call.FailAsync(exception, method.FullName);
        }
    }

    protected abstract Task InvokeAsync(TService service, HttpServerCallContext call);

    /// <summary>Lifts the limits that are meant for uploads: a stream may be idle for days and carry any amount.</summary>
    protected static void AllowEndlessRequest(HttpServerCallContext call)
    {
        var features = call.HttpContext.Features;
        if (features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    /// <summary>Keeps the request timeout middleware away from streams.</summary>
    protected static void AllowEndlessCall(HttpServerCallContext call) =>
        call.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();

    protected RequestStream<TRequest> OpenRequests(HttpServerCallContext call) =>
        new(call, method.RequestMarshaller.ContextualDeserializer);

    protected ResponseStream<TResponse> OpenResponses(HttpServerCallContext call) =>
        new(call, method.ResponseMarshaller.ContextualSerializer);

    protected async ValueTask<TRequest> ReadOnlyRequestAsync(HttpServerCallContext call)
    {
        var requests = OpenRequests(call);
        try
        {
            return await requests.ReadSingleAsync();
        }
        finally
        {
            requests.Close();
        }
    }

    protected Task WriteOnlyResponseAsync(HttpServerCallContext call, TResponse? response)
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        // After the deadline the response is complete and takes nothing more.
        return call.IsDeadlineExceeded ? Task.CompletedTask : OpenResponses(call).WriteSingleAsync(response);
    }

    private bool IsAcceptable(HttpContext http)
    {
        if (!GrpcHeaders.IsGrpcContentType(http.Request.ContentType))
        {
            ServerLog.UnsupportedContentType(logger, http.Request.ContentType);
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, http.Request.ContentType is null
                ? "Content-Type is missing from the request."
                : $"Content-Type '{http.Request.ContentType}' is not supported.");
            return false;
        }

        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            ServerLog.UnsupportedProtocol(logger, http.Request.Protocol);
            Refuse(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{http.Request.Protocol}' is not supported.");
            http.Response.Headers.Upgrade = "HTTP/2";
            return false;
        }

        return true;
    }

    private static void Refuse(HttpContext http, int httpStatus, string detail)
    {
        http.Response.StatusCode = httpStatus;
        ResponseStatus.Set(http.Response, new Status(StatusCode.Internal, detail));
    }
}
