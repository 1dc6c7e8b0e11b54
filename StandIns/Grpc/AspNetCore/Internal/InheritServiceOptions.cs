// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Begins a service's options with the values for all services.</summary>
internal sealed class InheritServiceOptions<TService>(IOptions<GrpcServiceOptions> all)
    : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    public void Configure(GrpcServiceOptions<TService> options)
    {
        options.MaxSendMessageSize = all.Value.MaxSendMessageSize;
        options.MaxReceiveMessageSize = all.Value.MaxReceiveMessageSize;
        options.EnableDetailedErrors = all.Value.EnableDetailedErrors;
        options.IgnoreUnknownServices = all.Value.IgnoreUnknownServices;
    }
}

/// <summary>The options that a service's calls run under: its own if it has any, else those for all.</summary>
internal static class ServiceOptions
{
    public static GrpcServiceOptions Resolve<TService>(
        IOptions<GrpcServiceOptions> all,
        IOptions<GrpcServiceOptions<TService>> own,
        IEnumerable<IConfigureOptions<GrpcServiceOptions<TService>>> ownConfigurations)
        where TService : class => ownConfigurations.Any() ? own.Value : all.Value;
}
