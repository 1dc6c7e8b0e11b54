using System.Net;
using System.Net.Http.Headers;
using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>What no gRPC library would send: each ends its own call with a status, and the server stays up.</summary>
public sealed class BadRequestTests : IAsyncLifetime
{
    private const string Path = "/eventmesh.standins.tests.Parrot/";
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public static TheoryData<string, byte[], StatusCode> BadBodies() => new()
    {
        { "Say", [], StatusCode.Internal },
        { "Say", [0], StatusCode.Internal },
        { "Say", [0, 0, 0, 0], StatusCode.Internal },
        { "Say", [0, 0, 0, 0, 5, 1, 2], StatusCode.Internal },
        { "Say", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], StatusCode.Internal },
        { "Say", [0, 0, 0, 0, 0, 77], StatusCode.Internal },
        { "Say", [2, 0, 0, 0, 0], StatusCode.Unknown },
        { "Say", [0, 255, 255, 255, 255], StatusCode.Unknown },
        { "Say", [0, 127, 255, 255, 255], StatusCode.ResourceExhausted },
        { "Say", [1, 0, 0, 0, 0], StatusCode.Internal },
        { "Say", [0, 0, 0, 0, 2, 255, 255], StatusCode.Unknown },
        { "Recite", [0, 0, 0, 0, 5, 1], StatusCode.Internal },
        { "Listen", [0, 0, 0, 0, 0, 0, 0], StatusCode.Internal },
        { "Listen", [9, 0, 0, 0, 0], StatusCode.Unknown },
        { "Talk", [0, 64, 0, 0, 0], StatusCode.ResourceExhausted },
        { "Talk", [0, 0, 0, 0, 9, 1, 2, 3], StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Post_WithBadBody_EndsWithStatusAndServerStaysUp(string method, byte[] body, StatusCode expected)
    {
        using var response = await PostAsync(method, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, await StatusOfAsync(response));
        Assert.Equal("up", (await _server.OpenClient().SayAsync(new Line { Text = "up" }).ResponseAsync.Within("a reply")).Text);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task Post_WithUnknownFields_IsTaken()
    {
        byte[] unknownField = [0xFA, 0x3E, 1, 7];

        using var response = await PostAsync("Say", [0, 0, 0, 0, 4, .. unknownField]);

        Assert.Equal(StatusCode.OK, await StatusOfAsync(response));
    }

    [Fact]
    public async Task Post_WithUnknownCompression_IsUnimplemented()
    {
        using var response = await PostAsync("Say", [1, 0, 0, 0, 1, 0], request => request.Headers.Add("grpc-encoding", "lz9"));

        Assert.Equal(StatusCode.Unimplemented, await StatusOfAsync(response));
        Assert.Contains("identity", response.Headers.GetValues("grpc-accept-encoding").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpcx")]
    [InlineData(null)]
    public async Task Post_WithOtherContentType_IsUnsupportedMediaType(string? contentType)
    {
        using var response = await PostAsync("Say", [0, 0, 0, 0, 0], request => request.Content!.Headers.ContentType =
            contentType is null ? null : new MediaTypeHeaderValue(contentType));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    public async Task Post_WithGrpcSubtype_IsTaken(string contentType)
    {
        using var response = await PostAsync(
            "Say", [0, 0, 0, 0, 0], request => request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType));

        Assert.Equal(StatusCode.OK, await StatusOfAsync(response));
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1x")]
    [InlineData("-1S")]
    [InlineData("999999999999S")]
    public async Task Post_WithBadTimeout_IsTakenWithoutDeadline(string timeout)
    {
        var frame = Frame(new Line { Act = "context" });

        using var response = await PostAsync(
            "Say", frame, request => request.Headers.TryAddWithoutValidation("grpc-timeout", timeout));

        var reply = Line.Parser.ParseFrom((await response.Content.ReadAsByteArrayAsync()).AsSpan(5));
        Assert.EndsWith("|no deadline", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("!!!")]
    [InlineData("A")]
    public async Task Post_WithBadBinaryHeader_FailsWhenHandlerReadsIt(string value)
    {
        using var response = await PostAsync(
            "Say", Frame(new Line { Act = "metadata" }), request => request.Headers.TryAddWithoutValidation("x-word-bin", value));

        Assert.Equal(StatusCode.Unknown, await StatusOfAsync(response));
    }

    [Fact]
    public async Task Get_OfMethod_IsRefused()
    {
        using var client = new HttpClient();
        using var request = Request(HttpMethod.Get, "Say");

        using var response = await client.SendAsync(request);

        Assert.Contains(response.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
    }

    [Fact]
    public async Task Post_OverHttp1_IsUpgradeRequired()
    {
        await using var server = await ParrotServer.StartAsync(protocols: HttpProtocols.Http1);
        using var client = new HttpClient();
        using var content = Body([0, 0, 0, 0, 0]);

        using var response = await client.PostAsync(new Uri(server.Address, Path + "Say"), content);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    private static byte[] Frame(IMessage message)
    {
        var payload = message.ToByteArray();
        return [0, 0, 0, 0, (byte)payload.Length, .. payload];
    }

    private static ByteArrayContent Body(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return content;
    }

    private static async Task<StatusCode> StatusOfAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync();
        var headers = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        return (StatusCode)int.Parse(headers.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private HttpRequestMessage Request(HttpMethod httpMethod, string method) => new(httpMethod, new Uri(_server.Address, Path + method))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private async Task<HttpResponseMessage> PostAsync(string method, byte[] body, Action<HttpRequestMessage>? configure = null)
    {
        using var client = new HttpClient();
        using var request = Request(HttpMethod.Post, method);
        request.Content = Body(body);
        configure?.Invoke(request);
        return await client.SendAsync(request).Within("a response");
    }
}
