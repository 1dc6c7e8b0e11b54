// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Which services an application has mapped; the catch-all endpoints are mapped once.</summary>
internal sealed class MappedServices
{
    private readonly HashSet<string> _names = [];

    public bool IsEmpty => _names.Count == 0;

    public bool Add(string serviceName) => _names.Add(serviceName);
}

/// <summary>Makes the endpoints of one service.</summary>
internal sealed class ServiceMapper<TService>(
    ServiceActivator<TService> activator,
    IOptions<GrpcServiceOptions> allOptions,
    IOptions<GrpcServiceOptions<TService>> ownOptions,
    IEnumerable<IConfigureOptions<GrpcServiceOptions<TService>>> ownConfigurations,
    ILoggerFactory loggerFactory)
    where TService : class
{
    public List<IEndpointConventionBuilder> Map(IEndpointRouteBuilder routes, MappedServices mapped)
    {
        var options = ServiceOptions.Resolve(allOptions, ownOptions, ownConfigurations);
        var binder = new EndpointBinder<TService>(activator, options, loggerFactory.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"));
        Bind(binder);

        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var (method, handle, metadata) in binder.Endpoints)
        {
            endpoints.Add(routes.Map(method.FullName, handle).WithDisplayName($"gRPC - {method.FullName}").WithMetadata(metadata));
        }

        if (mapped.IsEmpty && allOptions.Value.IgnoreUnknownServices is not true)
        {
            endpoints.Add(MapUnimplemented(routes, "{service}", "Service is unimplemented."));
        }

        foreach (var service in binder.Endpoints.Select(endpoint => endpoint.Method.ServiceName).Distinct())
        {
            if (mapped.Add(service) && options.IgnoreUnknownServices is not true)
            {
                endpoints.Add(MapUnimplemented(routes, service, "Method is unimplemented."));
            }
        }

        return endpoints;
    }

    /// <summary>Asks the generated code for the list of methods.</summary>
    private static void Bind(ServiceBinderBase binder)
    {
        var attribute = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)
            ?? throw new InvalidOperationException($"{typeof(TService).Name} does not derive from a generated service base class.");
        var serviceBase = BaseOf(attribute);
        var bind = attribute.BindType.GetMethod(
            attribute.BindMethodName,
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic,
            [typeof(ServiceBinderBase), serviceBase])
            ?? throw new InvalidOperationException($"{attribute.BindType.Name} has no method {attribute.BindMethodName} for binding.");
        bind.Invoke(null, [binder, null]);
    }

    /// <summary>The generated class itself: the topmost type that has the attribute.</summary>
    private static Type BaseOf(BindServiceMethodAttribute attribute)
    {
        var type = typeof(TService);
        while (!type.IsDefined(attribute.GetType(), inherit: false) && type.BaseType is { } parent)
        {
            type = parent;
        }

        return type;
    }

    private static IEndpointConventionBuilder MapUnimplemented(IEndpointRouteBuilder routes, string service, string detail)
    {
        Task AnswerAsync(HttpContext http)
        {
            http.Response.ContentType = Wire.GrpcHeaders.ContentType;
            ResponseStatus.Set(http.Response, new Status(StatusCode.Unimplemented, detail));
            return Task.CompletedTask;
        }

        return routes
            .Map($"{service}/{{method:{GrpcContentConstraint.Name}}}", AnswerAsync)
            .WithDisplayName($"gRPC - {detail}");
    }
}
