using System.Net;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Rpc.Protocol;
using EventMesh.Benchmarks.Support;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Benchmarks.Rpc;

/// <summary>The gRPC of the dependency set over loopback, against bare sockets.</summary>
internal sealed class GrpcBenchmark : IBenchmark
{
    private const int Window = 64;
    private const int Packed = 64;
    private const int ItemsPerCall = 6_400;
    private readonly TcpControl _tcp = new();
    private WebApplication? _server;
    private GrpcChannel? _channel;

    public string Name => "grpc";

    public string Summary => $"gRPC over loopback, items of {Payloads.Bytes} bytes, against bare sockets";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        _server = await StartServerAsync(cancellationToken);
        _channel = GrpcChannel.ForAddress(_server.Urls.Single());
        var client = new Courier.CourierClient(_channel);
        return
        [
            EchoCase("control: TCP echo, 1 in flight", 1),
            EchoCase($"control: TCP echo, {Window} in flight", Window),
            UnaryCase(client, "unary, 1 in flight", 1, "control: TCP echo, 1 in flight"),
            UnaryCase(client, $"unary, {Window} in flight", Window, $"control: TCP echo, {Window} in flight"),
            OneWayCase("control: TCP one way, 1 item a write", 1),
            CollectCase(client, "client stream, 1 item a message", 1, "control: TCP one way, 1 item a write"),
            DeliverCase(client, "server stream, 1 item a message", 1, "control: TCP one way, 1 item a write"),
            OneWayCase($"control: TCP one way, {Packed} items a write", Packed),
            CollectCase(client, $"client stream, {Packed} items a message", Packed, $"control: TCP one way, {Packed} items a write"),
            DeliverCase(client, $"server stream, {Packed} items a message", Packed, $"control: TCP one way, {Packed} items a write"),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _tcp.DisposeAsync();
    }

    private static async Task<WebApplication> StartServerAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var server = builder.Build();
        server.MapGrpcService<CourierService>();
        await server.StartAsync(cancellationToken);
        return server;
    }

    private static Case UnaryCase(Courier.CourierClient client, string load, int lanes, string control)
    {
        var parcel = CourierService.Pack(1);
        return new Case(
            load,
            "calls/s",
            (duration, cancellationToken) => Loop.RunAsync(duration, lanes, async _ =>
            {
                using var call = client.ReturnAsync(parcel, cancellationToken: cancellationToken);
                return (await call).Items.Count;
            }, timed: lanes == 1, cancellationToken),
            control);
    }

    private static Case CollectCase(Courier.CourierClient client, string load, int itemsPerMessage, string control)
    {
        var parcel = CourierService.Pack(itemsPerMessage);
        return new Case(
            load,
            "items/s",
            (duration, cancellationToken) => Loop.RunAsync(duration, 1, async _ =>
            {
                using var call = client.Collect(cancellationToken: cancellationToken);
                for (var i = 0; i < ItemsPerCall / itemsPerMessage; i++)
                {
                    await call.RequestStream.WriteAsync(parcel, cancellationToken);
                }

                await call.RequestStream.CompleteAsync();
                return (int)(await call).Items;
            }, timed: false, cancellationToken),
            control);
    }

    private static Case DeliverCase(Courier.CourierClient client, string load, int itemsPerMessage, string control)
    {
        var order = new Order { Parcels = ItemsPerCall / itemsPerMessage, ItemsPerParcel = itemsPerMessage };
        return new Case(
            load,
            "items/s",
            (duration, cancellationToken) => Loop.RunAsync(duration, 1, async _ =>
            {
                using var call = client.Deliver(order, cancellationToken: cancellationToken);
                var items = 0;
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    items += call.ResponseStream.Current.Items.Count;
                }

                return items;
            }, timed: false, cancellationToken),
            control);
    }

    private Case EchoCase(string load, int window) =>
        new(load, "items/s", (duration, cancellationToken) => _tcp.EchoAsync(duration, window, 1, cancellationToken));

    private Case OneWayCase(string load, int perWrite) =>
        new(load, "items/s", (duration, cancellationToken) => _tcp.OneWayAsync(duration, perWrite, cancellationToken));
}
