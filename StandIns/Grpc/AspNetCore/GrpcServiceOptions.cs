// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services, or with a type parameter of one.</summary>
public class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Bytes; null means no limit. Default: no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes; null means no limit. Default: 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    /// <summary>Whether clients are told what exception a handler threw. Default: no.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Whether unknown services and methods are left to other endpoints instead of answered with Unimplemented. Default: no.</summary>
    public bool? IgnoreUnknownServices { get; set; }
}

/// <summary>Options of one service; each begins with the value that it has for all services.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
