// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class UnaryHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    Func<TService, TRequest, ServerCallContext, Task<TResponse>> invoke,
    ServiceActivator<TService> activator,
    GrpcServiceOptions options,
    ILogger logger) : CallHandler<TService, TRequest, TResponse>(method, activator, options, logger)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(TService service, HttpServerCallContext call)
    {
        var request = await ReadOnlyRequestAsync(call);
        await WriteOnlyResponseAsync(call, await invoke(service, request, call));
    }
}

internal sealed class ClientStreamingHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> invoke,
    ServiceActivator<TService> activator,
    GrpcServiceOptions options,
    ILogger logger) : CallHandler<TService, TRequest, TResponse>(method, activator, options, logger)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(TService service, HttpServerCallContext call)
    {
        AllowEndlessRequest(call);
        AllowEndlessCall(call);
        var requests = OpenRequests(call);
        TResponse? response;
        try
        {
            response = await invoke(service, requests, call);
        }
        finally
        {
            requests.Close();
        }

        await WriteOnlyResponseAsync(call, response);
    }
}

internal sealed class ServerStreamingHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke,
    ServiceActivator<TService> activator,
    GrpcServiceOptions options,
    ILogger logger) : CallHandler<TService, TRequest, TResponse>(method, activator, options, logger)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(TService service, HttpServerCallContext call)
    {
        AllowEndlessCall(call);
        var request = await ReadOnlyRequestAsync(call);
        var responses = OpenResponses(call);
        try
        {
            await invoke(service, request, responses, call);
        }
        finally
        {
            responses.Close();
        }
    }
}

internal sealed class DuplexHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke,
    ServiceActivator<TService> activator,
    GrpcServiceOptions options,
    ILogger logger) : CallHandler<TService, TRequest, TResponse>(method, activator, options, logger)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(TService service, HttpServerCallContext call)
    {
        AllowEndlessRequest(call);
        AllowEndlessCall(call);
        var requests = OpenRequests(call);
        var responses = OpenResponses(call);
        try
        {
            await invoke(service, requests, responses, call);
        }
        finally
        {
            requests.Close();
            responses.Close();
        }
    }
}
