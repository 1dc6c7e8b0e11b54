using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Grpc;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>Bytes that no peer would send: the stream ends with a clear error, and the listener goes on serving.</summary>
public sealed class GrpcBadInputTests : IAsyncLifetime
{
    private readonly QueueAcceptor _acceptor = new();
    private GrpcListener? _listener;

    public async Task InitializeAsync() => _listener = await GrpcListener.StartAsync(_acceptor);

    public async Task DisposeAsync() => await _listener!.DisposeAsync();

    // A message is a flag byte, a big-endian length of 4 bytes, and the bytes.
    public static TheoryData<string, byte[], MeshErrorCode> Bodies => new()
    {
        { "not a PeerMessage", [0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], MeshErrorCode.MalformedFrame },
        { "a field that is cut short", [0, 0, 0, 0, 3, 0x0A, 0x7F, 0x01], MeshErrorCode.MalformedFrame },
        { "a topic that is none", [0, 0, 0, 0, 6, 0x8A, 0x01, 0x03, 0x0A, 0x01, 0x20], MeshErrorCode.MalformedFrame },
        { "a length of 1 GiB", [0, 0x40, 0, 0, 0], MeshErrorCode.FrameTooLarge },
        { "a flag that is none", [7, 0, 0, 0, 1, 0], MeshErrorCode.MalformedFrame },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Read_WhenTheBytesAreBad_FailsWithACodeAndTheListenerStaysUp(string what, byte[] body, MeshErrorCode expected)
    {
        using var client = CreateClient();
        var response = client.SendAsync(CreateCall(new ByteArrayContent(body)));
        var link = await _acceptor.NextAsync();

        var error = await Assert.ThrowsAsync<EventMeshException>(
            () => Soon.Expect(link.Connection.ReadAsync(CancellationToken.None).AsTask(), $"a failed read of {what}"));
        link.Running.SetException(error);

        Assert.True(expected == error.Code, $"{what}: expected {expected}, was {error.Code}: {error.Message}");
        Assert.Equal(((int)expected).ToString(), await TrailerOf(response, "eventmesh-code"));
        await AssertStillServesAsync();
    }

    [Fact]
    public async Task Read_WhenAMessageIsCutShort_FailsWithoutHarm()
    {
        using var client = CreateClient();
        var response = client.SendAsync(CreateCall(new ByteArrayContent([0, 0, 0, 1, 0, 1, 2, 3])));
        var link = await _acceptor.NextAsync();

        var error = await Assert.ThrowsAsync<EventMeshException>(
            () => Soon.Expect(link.Connection.ReadAsync(CancellationToken.None).AsTask(), "a failed read of half a message"));
        link.Running.SetException(error);

        Assert.Contains(error.Code, new[] { MeshErrorCode.LinkClosed, MeshErrorCode.MalformedFrame });
        Assert.NotEqual("0", await TrailerOf(response, "grpc-status"));
        await AssertStillServesAsync();
    }

    [Fact]
    public async Task Listener_WhenTheConnectionIsNotHttp2_StaysUp()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(_listener!.Address));
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\xFF\xFE garbage"u8.ToArray());
        var buffer = new byte[4096];

        await Soon.Expect(Task.Run(async () =>
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }
        }), "the listener to hang up");

        await AssertStillServesAsync();
    }

    private static async Task<string> TrailerOf(Task<HttpResponseMessage> sending, string name)
    {
        using var response = await Soon.Expect(sending, "response headers");
        await Soon.Expect(response.Content.ReadAsByteArrayAsync(), "the end of the response");
        return response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.Single() : "";
    }

    private async Task AssertStillServesAsync()
    {
        var dialer = await new GrpcLinkTransport(new GrpcLinkOptions()).DialAsync(_listener!.Address, CancellationToken.None);
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        var link = await _acceptor.NextAsync();
        Assert.Equal(new InterestAppliedFrame(1), await link.Connection.ReadAsync(CancellationToken.None));
        link.Running.SetResult();
        await dialer.DisposeAsync();
    }

    private HttpRequestMessage CreateCall(HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return new HttpRequestMessage(HttpMethod.Post, $"http://{_listener!.Address}/peerlink.v1.PeerLink/EventStream")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "te", "trailers" } },
            Content = content,
        };
    }

    private static HttpClient CreateClient() => new(new SocketsHttpHandler { UseProxy = false });
}
