using System.Net;
using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>Servers that speak HTTP/2 but not gRPC as they should: the client ends the call with a status.</summary>
public sealed class BadResponseTests
{
    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task Say_WhenServerAnswersHttpError_MapsIt(int httpStatus, StatusCode expected) =>
        await CallAsync(
            http =>
            {
                http.Response.StatusCode = httpStatus;
                return Task.CompletedTask;
            },
            expected);

    [Fact]
    public async Task Say_WhenContentTypeIsWrong_IsCancelled() =>
        await CallAsync(http => http.Response.WriteAsJsonAsync("hello"), StatusCode.Cancelled);

    [Fact]
    public async Task Say_WhenStatusIsMissing_IsCancelled() =>
        await CallAsync(http => AnswerAsync(http, [0, 0, 0, 0, 0]), StatusCode.Cancelled);

    [Theory]
    [InlineData(new byte[] { }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 4, 1 }, StatusCode.Internal)]
    [InlineData(new byte[] { 3, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 255, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 127, 0, 0, 0 }, StatusCode.ResourceExhausted)]
    public async Task Say_WhenBodyIsBad_Fails(byte[] body, StatusCode expected) =>
        await CallAsync(http => AnswerAsync(http, body, "0"), expected);

    [Fact]
    public async Task Say_WhenStatusIsInHeaders_IsTaken() =>
        await CallAsync(
            http =>
            {
                http.Response.ContentType = "application/grpc";
                http.Response.Headers["grpc-status"] = "9";
                http.Response.Headers["grpc-message"] = "not%20now";
                http.Response.Headers["x-hint"] = "later";
                return Task.CompletedTask;
            },
            StatusCode.FailedPrecondition,
            failure =>
            {
                Assert.Equal("not now", failure.Status.Detail);
                Assert.Equal("later", failure.Trailers.GetValue("x-hint"));
            });

    [Theory]
    [InlineData("x-bad-bin", "!!!")]
    [InlineData("x-bad!", "x")]
    public async Task Say_WhenTrailersCannotBeRead_KeepsStatus(string name, string value) =>
        await CallAsync(
            async http =>
            {
                await AnswerAsync(http, [0, 0, 0, 0, 0], "5");
                http.Response.AppendTrailer(name, value);
            },
            StatusCode.NotFound);

    [Fact]
    public async Task Say_WhenStatusIsNoNumber_IsCancelled() =>
        await CallAsync(http => AnswerAsync(http, [0, 0, 0, 0, 0], "fine"), StatusCode.Cancelled);

    [Fact]
    public async Task Say_WhenCompressionIsUnknown_IsUnimplemented() =>
        await CallAsync(
            http =>
            {
                http.Response.Headers["grpc-encoding"] = "lz9";
                return AnswerAsync(http, [1, 0, 0, 0, 1, 0], "0");
            },
            StatusCode.Unimplemented);

    [Fact]
    public async Task Say_WhenConnectionBreaks_IsUnavailable() =>
        await CallAsync(
            http =>
            {
                http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
                return Task.CompletedTask;
            },
            StatusCode.Unavailable);

    [Fact]
    public async Task Say_WhenStreamIsReset_IsCancelled() =>
        await CallAsync(
            http =>
            {
                http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(8);
                return Task.CompletedTask;
            },
            StatusCode.Cancelled);

    [Fact]
    public async Task Say_WhenNobodyListens_IsUnavailable()
    {
        var server = await ParrotServer.StartAsync();
        var address = server.Address;
        await server.DisposeAsync();
        using var channel = GrpcChannel.ForAddress(address);

        await new Parrot.ParrotClient(channel).SayAsync(new Line()).ResponseAsync.FailsWith(StatusCode.Unavailable);
    }

    [Fact]
    public async Task Talk_WhenServerStops_IsUnavailableAndLaterCallsReachItsSuccessor()
    {
        await using var server = await ParrotServer.StartAsync();
        using var call = server.OpenClient().Talk();
        await call.RequestStream.WriteAsync(new Line());
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("an echo"));
        var read = call.ResponseStream.MoveNext(CancellationToken.None);

        await server.StopAtOnceAsync();

        await read.FailsWith(StatusCode.Unavailable);
    }

    private static async Task AnswerAsync(HttpContext http, byte[] body, string? status = null)
    {
        http.Response.ContentType = "application/grpc";
        await http.Response.StartAsync();
        await http.Response.Body.WriteAsync(body);
        if (status is not null)
        {
            http.Response.AppendTrailer("grpc-status", status);
        }
    }

    private static async Task CallAsync(RequestDelegate answer, StatusCode expected, Action<RpcException>? check = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new Parrot.ParrotClient(channel);

        var failure = await client.SayAsync(new Line()).ResponseAsync.FailsWith(expected);
        check?.Invoke(failure);

        using var stream = client.Recite(new Wish());
        var reading = stream.ResponseStream.MoveNext(CancellationToken.None);
        var end = await Record.ExceptionAsync(() => reading.Within("the stream's first message or its end"));
        Assert.True(end is null or RpcException, $"Expected an RpcException or a message, got {end}.");
    }
}
