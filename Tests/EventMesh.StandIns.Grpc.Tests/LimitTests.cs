using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class LimitTests
{
    private const int Limit = 1_000;
    private static readonly Line TooLarge = new() { Payload = ByteString.CopyFrom(new byte[Limit]) };
    private static readonly Line Small = new() { Text = "small" };

    [Fact]
    public async Task Say_WhenRequestExceedsServersLimit_IsRefusedAndServerStaysUp()
    {
        await using var server = await ParrotServer.StartAsync(options => options.MaxReceiveMessageSize = Limit);
        var client = server.OpenClient();

        await client.SayAsync(TooLarge).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);

        Assert.Equal(Small, await client.SayAsync(Small).ResponseAsync.Within("a reply"));
    }

    [Fact]
    public async Task Talk_WhenMessageExceedsServersLimit_EndsCall()
    {
        await using var server = await ParrotServer.StartAsync(options => options.MaxReceiveMessageSize = Limit);
        using var call = server.OpenClient().Talk();
        await call.RequestStream.WriteAsync(Small);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("an echo"));

        await call.RequestStream.WriteAsync(TooLarge);

        await call.ResponseStream.MoveNext(CancellationToken.None).FailsWith(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Say_WhenResponseExceedsServersSendLimit_Fails()
    {
        await using var server = await ParrotServer.StartAsync(options => options.MaxSendMessageSize = Limit);

        await server.OpenClient().SayAsync(TooLarge).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Say_WhenRequestExceedsClientsSendLimit_FailsAndChannelStaysUsable()
    {
        await using var server = await ParrotServer.StartAsync();
        var client = server.OpenClient(new GrpcChannelOptions { MaxSendMessageSize = Limit });

        await client.SayAsync(TooLarge).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);

        Assert.Equal(Small, await client.SayAsync(Small).ResponseAsync.Within("a reply"));
    }

    [Fact]
    public async Task Say_WhenResponseExceedsClientsLimit_FailsAndChannelStaysUsable()
    {
        await using var server = await ParrotServer.StartAsync();
        var client = server.OpenClient(new GrpcChannelOptions { MaxReceiveMessageSize = Limit });

        await client.SayAsync(TooLarge).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);

        Assert.Equal(Small, await client.SayAsync(Small).ResponseAsync.Within("a reply"));
    }

    [Fact]
    public async Task Recite_WhenMessageExceedsClientsLimit_FailsAndChannelStaysUsable()
    {
        await using var server = await ParrotServer.StartAsync();
        var client = server.OpenClient(new GrpcChannelOptions { MaxReceiveMessageSize = Limit });
        using var call = client.Recite(new Wish { Count = 1_000, Size = 2 * Limit });

        await call.ResponseStream.MoveNext(CancellationToken.None).FailsWith(StatusCode.ResourceExhausted);

        Assert.Equal(Small, await client.SayAsync(Small).ResponseAsync.Within("a reply"));
    }

    [Fact]
    public async Task Say_WithoutConfiguration_IsLimitedTo4MiBInBothDirections()
    {
        await using var server = await ParrotServer.StartAsync();
        var large = new Line { Payload = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) };

        await server.OpenClient().SayAsync(large).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Say_WithoutLimits_CarriesLargeMessages()
    {
        await using var server = await ParrotServer.StartAsync(options => options.MaxReceiveMessageSize = null);
        var client = server.OpenClient(new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var large = new Line { Payload = ByteString.CopyFrom(new byte[20_000_000]) };

        var reply = await client.SayAsync(large).ResponseAsync.Within("a reply");

        Assert.Equal(20_000_000, reply.Payload.Length);
    }

    [Fact]
    public async Task ServiceOptions_WithOwnLimit_OverrideThoseForAll()
    {
        await using var server = await ParrotServer.StartAsync(
            options => options.MaxSendMessageSize = 10 * Limit,
            services: services => Microsoft.Extensions.DependencyInjection.GrpcServicesExtensions
                .AddServiceOptions<ParrotService>(
                    Microsoft.Extensions.DependencyInjection.GrpcServicesExtensions.AddGrpc(services),
                    options => options.MaxReceiveMessageSize = Limit));

        await server.OpenClient().SayAsync(TooLarge).ResponseAsync.FailsWith(StatusCode.ResourceExhausted);
    }
}
