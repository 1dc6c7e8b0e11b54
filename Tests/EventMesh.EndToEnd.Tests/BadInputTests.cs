using System.Net;
using System.Net.Sockets;
using EventMesh.Core.Errors;
using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;
using Doors = EventMesh.Protocol.Mesh.V1;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.EndToEnd.Tests;

/// <summary>What strangers send to the two ports of a node.</summary>
public sealed class BadInputTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";

    [Fact]
    public async Task Node_WhenBothPortsAreFedGarbage_StaysUpAndItsLinkIsUntouched()
    {
        var east = await StartAsync("east");
        var west = await StartAsync("west", $"east={east.PeerAddress}");
        var subscriber = await SubscribeAsync(west, "orders.>");
        await east.InterestAsync(west, "orders.>");
        var before = await east.PeerAsync("west", "is linked", static report => report.Health == PeerHealth.Healthy);

        var open = new List<Socket>();
        foreach (var port in new[] { IPEndPoint.Parse(east.PeerAddress), new IPEndPoint(IPAddress.Loopback, east.Url.Port) })
        {
            foreach (var bytes in Garbage())
            {
                open.Add(await SendAsync(port, bytes));
            }
        }

        var texts = Payloads.Series("east", 0, 200);
        await Payloads.PublishAsync(east.Client, Topic, texts);
        Assert.Equal(texts, (await subscriber.EventsAsync(200)).TextsOf("east"));
        Assert.Equal(HttpStatusCode.OK, await east.HealthAsync("ready"));
        open.ForEach(static socket => socket.Dispose());
        var after = await east.PeerAsync("west", "is linked", static report => report.Health == PeerHealth.Healthy);
        Assert.Equal((before.LinkNumber, before.Reconnects), (after.LinkNumber, after.Reconnects));
        Assert.Equal(0, east.Output.Count("crit:"));
        Assert.Equal(0, east.Output.Count("fail:"));
    }

    [Fact]
    public async Task PeerPort_WhenAStreamBreaksTheProtocol_EndsItByNumber()
    {
        var node = await StartAsync("east");
        using var channel = GrpcChannel.ForAddress($"http://{node.PeerAddress}");
        var heartbeat = new Wire.PeerMessage { Heartbeat = new Wire.Heartbeat() };
        var answers = new[]
        {
            await RefusalAsync(channel, heartbeat.ToByteArray()),
            await RefusalAsync(channel, Handshake("west"), Handshake("west")),
            await RefusalAsync(channel, Handshake("east")),
            await RefusalAsync(channel, Handshake("west", version: 900)),
            await RefusalAsync(channel, Handshake("not an id")),
            await RefusalAsync(channel, [0x0f, 0xff, 0xff]),
            await RefusalAsync(channel, Handshake("west"), [0x0f, 0xff, 0xff]),
        };

        Assert.Equal(
            [
                MeshErrorCode.HandshakeExpected, MeshErrorCode.UnexpectedHandshake, MeshErrorCode.SelfLink, MeshErrorCode.VersionMismatch,
                MeshErrorCode.MalformedFrame, MeshErrorCode.MalformedFrame, MeshErrorCode.MalformedFrame,
            ],
            answers);
        Assert.Equal(HttpStatusCode.OK, await node.HealthAsync("ready"));
    }

    [Fact]
    public async Task PeerPort_WhenAMessageIsTooLarge_EndsTheStreamAndServesOn()
    {
        var node = await StartAsync("east");
        using var channel = GrpcChannel.ForAddress($"http://{node.PeerAddress}");
        var large = new Wire.PeerMessage { Event = new Wire.Event { Topic = Topic, Payload = ByteString.CopyFrom(new byte[5 * 1024 * 1024]) } };

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(channel, Handshake("west"), large.ToByteArray()));

        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await node.HealthAsync("ready"));
        Assert.Empty((await node.Client.ListTopicsAsync()).Topics);
    }

    [Fact]
    public async Task ClientPort_WhenARequestIsWrong_RefusesItByNumberAndStoresNothing()
    {
        var node = await StartAsync("solo");
        using var channel = GrpcChannel.ForAddress(node.Url);
        var door = new Doors.MeshService.MeshServiceClient(channel);
        var packed = new Doors.PackedEvents { Count = 3, Entries = ByteString.CopyFrom(0xff, 0xff, 0xff) };

        Assert.Equal(MeshErrorCode.InvalidTopic, await CodeAsync(() => door.PublishAsync(Request("no topic", 1)).ResponseAsync));
        Assert.Equal(MeshErrorCode.InvalidBatchSize, await CodeAsync(() => door.PublishAsync(new Doors.PublishRequest { Topic = Topic }).ResponseAsync));
        Assert.Equal(MeshErrorCode.MalformedEvent, await CodeAsync(() => door.PublishAsync(new Doors.PublishRequest { Topic = Topic, Packed = packed }).ResponseAsync));
        Assert.Equal(MeshErrorCode.EventTooLarge, await CodeAsync(() => door.PublishAsync(Request(Topic, 2 * 1024 * 1024)).ResponseAsync));
        var oversized = await Assert.ThrowsAsync<RpcException>(() => door.PublishAsync(Request(Topic, 16 * 1024 * 1024)).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, oversized.StatusCode);
        Assert.Empty((await node.Client.ListTopicsAsync()).Topics);
        Assert.Equal(HttpStatusCode.OK, await node.HealthAsync("ready"));
    }

    private static IEnumerable<byte[]> Garbage()
    {
        var random = new Random(7);
        var noise = new byte[4_096];
        random.NextBytes(noise);
        var preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
        yield return noise;
        yield return "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();
        yield return "POST /peerlink.v1.PeerLink/EventStream HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"u8.ToArray();
        yield return preface[..11];
        yield return [.. preface, .. noise];
        // A settings frame whose length is all that a frame can say.
        yield return [.. preface, 0xff, 0xff, 0xff, 4, 0, 0, 0, 0, 0];
        // The beginning of a TLS handshake.
        yield return [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
        yield return [];
    }

    /// <summary>Sends and stays connected; that the node may close or reset while it does is one of its answers.</summary>
    private static async Task<Socket> SendAsync(IPEndPoint port, byte[] bytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port);
        await socket.SendAsync(bytes);
        return socket;
    }

    private static byte[] Handshake(string node, uint version = 100) => new Wire.PeerMessage
    {
        Handshake = new Wire.Handshake
        {
            NodeId = node,
            ProtocolVersion = version,
            Features = { "log-replication-1" },
            Incarnation = 1,
            LinkNumber = 1,
            CreditBytes = 1024 * 1024,
        },
    }.ToByteArray();

    private static async Task<MeshErrorCode> RefusalAsync(GrpcChannel channel, params byte[][] messages) =>
        CodeOf(await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(channel, messages)));

    private static async Task<MeshErrorCode> CodeAsync(Func<Task> call) => CodeOf(await Assert.ThrowsAsync<RpcException>(call));

    private static MeshErrorCode CodeOf(RpcException failure)
    {
        var text = failure.Trailers.GetValue("eventmesh-code");
        Assert.True(text is not null, failure.ToString());
        return (MeshErrorCode)int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Opens a stream to the peer port, sends the bytes as messages, and reads until the node ends it.</summary>
    private static async Task ExchangeAsync(GrpcChannel channel, params byte[][] messages)
    {
        var raw = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "peerlink.v1.PeerLink", "EventStream", raw, raw);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, new CallOptions());
        foreach (var message in messages)
        {
            try
            {
                await call.RequestStream.WriteAsync(message);
            }
            catch (RpcException)
            {
                // The node has ended the stream already; reading says how.
                break;
            }
        }

        await Deadline.MeetAsync("the node ends the stream", ReadToEndAsync(call.ResponseStream));
    }

    private static async Task ReadToEndAsync(IAsyncStreamReader<byte[]> answers)
    {
        while (await answers.MoveNext(CancellationToken.None))
        {
            Assert.NotEmpty(answers.Current);
        }
    }

    private static Doors.PublishRequest Request(string topic, int bytes) =>
        new() { Topic = topic, Events = { new Doors.Event { Payload = ByteString.CopyFrom(new byte[bytes]) } } };
}
