using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Protocol.Mesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Durability = EventMesh.Protocol.Mesh.V1.Durability;

namespace EventMesh.Client.Tests.Doors;

/// <summary>The gRPC door as any client sees it: plain messages, and whatever else may come in.</summary>
public sealed class DoorRequestTests : IAsyncLifetime
{
    private DoorHost _host = null!;
    private GrpcChannel _channel = null!;
    private MeshService.MeshServiceClient _door = null!;

    public async Task InitializeAsync()
    {
        _host = await DoorHost.StartAsync();
        _channel = GrpcChannel.ForAddress(_host.Url);
        _door = new MeshService.MeshServiceClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
    }

    public static TheoryData<string, PublishRequest, MeshErrorCode> BadPublishes() => new()
    {
        { "no topic", new PublishRequest { Events = { Plain("a") } }, MeshErrorCode.InvalidTopic },
        { "bad topic", new PublishRequest { Topic = "a..b", Events = { Plain("a") } }, MeshErrorCode.InvalidTopic },
        { "no events", new PublishRequest { Topic = "a" }, MeshErrorCode.InvalidBatchSize },
        { "both forms", new PublishRequest { Topic = "a", Events = { Plain("a") }, Packed = Packed(0, 1) }, MeshErrorCode.InvalidArgument },
        { "durability", new PublishRequest { Topic = "a", Events = { Plain("a") }, Durability = (Durability)9 }, MeshErrorCode.InvalidArgument },
        { "packed count", new PublishRequest { Topic = "a", Packed = Packed(0, 2) }, MeshErrorCode.MalformedEvent },
        { "packed nothing", new PublishRequest { Topic = "a", Packed = Packed(0, 0) }, MeshErrorCode.InvalidBatchSize },
        { "packed time", new PublishRequest { Topic = "a", Packed = Packed(1, 1) }, MeshErrorCode.MalformedEvent },
        { "garbage", new PublishRequest { Topic = "a", Packed = new PackedEvents { Count = 1, Entries = ByteString.CopyFrom(255, 255) } }, MeshErrorCode.MalformedEvent },
        { "producer id", new PublishRequest { Topic = "a", Events = { Plain("a") }, Producer = "no shop" }, MeshErrorCode.InvalidProducer },
        { "producer number", new PublishRequest { Topic = "a", Events = { Plain("a") }, Producer = "shop", ProducerSequence = -1 }, MeshErrorCode.InvalidArgument },
        { "number of nobody", new PublishRequest { Topic = "a", Events = { Plain("a") }, ProducerSequence = 1 }, MeshErrorCode.InvalidArgument },
        { "unknown producer", new PublishRequest { Topic = "a", Events = { Plain("a") }, Producer = "shop", ProducerSequence = 1 }, MeshErrorCode.ProducerUnknown },
        { "system topic", new PublishRequest { Topic = "$state.x", Events = { Plain("a") } }, MeshErrorCode.TopicReserved },
    };

    [Theory]
    [MemberData(nameof(BadPublishes))]
    public async Task Publish_WhenTheRequestIsBad_RefusesByNumberAndGoesOn(string what, PublishRequest request, MeshErrorCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await _door.PublishAsync(request));

        Assert.True(code == CodeOf(exception), $"{what}: {exception.Status}");
        Assert.NotEmpty(exception.Status.Detail);
        Assert.Equal(0, (await _door.PublishAsync(new PublishRequest { Topic = "a", Events = { Plain("x") } })).FirstOffset);
    }

    [Fact]
    public async Task Publish_WhenRepeatedByItsProducer_AnswersWithTheFirstReceipt()
    {
        var request = new PublishRequest { Topic = "a", Events = { Plain("1"), Plain("2") }, Producer = "shop" };
        var first = await _door.PublishAsync(request);
        await _door.PublishAsync(new PublishRequest { Topic = "a", Events = { Plain("3") }, Producer = "shop", ProducerSequence = 2 });

        var again = await _door.PublishAsync(request);

        Assert.False(first.Duplicate);
        first.Duplicate = true;
        Assert.Equal(first, again);
        Assert.Equal(3, (await _door.ReadAsync(new ReadRequest { Topic = "a" })).Records.EndOffset);
    }

    [Fact]
    public async Task Publish_WhenTheNodeIsBusy_SaysWhenToComeBack()
    {
        _host.Node.PublishRefusal = new EventMeshException(MeshErrorCode.Busy, "Too much.") { RetryAfter = TimeSpan.FromMilliseconds(250) };

        var exception = await Assert.ThrowsAsync<RpcException>(
            async () => await _door.PublishAsync(new PublishRequest { Topic = "a", Events = { Plain("x") } }));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.Equal("250", exception.Trailers.GetValue(MeshTrailers.RetryAfterMs));
    }

    [Fact]
    public async Task PublishStream_WhenSomeAreRefused_AnswersEachInOrder()
    {
        using var call = _door.PublishStream();

        await call.RequestStream.WriteAsync(new PublishMessage
        {
            Requests =
            {
                new PublishRequest { Topic = "a", Events = { Plain("1") } },
                new PublishRequest { Topic = "a..b", Events = { Plain("2") } },
            },
        });
        await call.RequestStream.WriteAsync(new PublishMessage { Requests = { new PublishRequest { Topic = "a", Events = { Plain("3"), Plain("4") } } } });
        await call.RequestStream.CompleteAsync();
        var results = new List<PublishResult>();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            results.AddRange(message.Results);
        }

        Assert.Equal([0, -1, 1], results.Select(static result => result.Receipt?.FirstOffset ?? -1));
        Assert.Equal((int)MeshErrorCode.InvalidTopic, results[1].Error.Code);
        Assert.Equal(2, results[2].Receipt.Count);
    }

    [Fact]
    public async Task Subscribe_WhenPlain_DeliversEventsWithHeaders()
    {
        var item = Plain("hello");
        item.Headers.Add(new Header { Name = "k", Value = "v" });
        await _door.PublishAsync(new PublishRequest { Topic = "a.b", Events = { item } });

        using var call = _door.Subscribe(new SubscribeRequest { Patterns = { "a.*" }, Start = StartAt.Earliest });

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("west", call.ResponseStream.Current.Opened.Node);
        Assert.True(await call.ResponseStream.MoveNext());
        var topic = Assert.Single(call.ResponseStream.Current.Records.Topics);
        Assert.Equal(("a.b", 1L, 1L), (topic.Topic, topic.NextOffset, topic.EndOffset));
        Assert.Equal(item, Assert.Single(topic.Records).Event);
    }

    [Fact]
    public async Task Subscribe_WhenOneClientDoesNotRead_ServesTheOthers()
    {
        using var slow = _door.Subscribe(new SubscribeRequest { Patterns = { ">" } });
        using var fast = _door.Subscribe(new SubscribeRequest { Patterns = { ">" } });
        Assert.True(await slow.ResponseStream.MoveNext());
        Assert.True(await fast.ResponseStream.MoveNext());
        var payload = ByteString.CopyFrom(new byte[256 * 1024]);

        for (var i = 0; i < 64; i++)
        {
            await _door.PublishAsync(new PublishRequest { Topic = "big", Events = { new Event { Payload = payload } } });
            Assert.True(await fast.ResponseStream.MoveNext());
        }

        Assert.Equal(64, fast.ResponseStream.Current.Records.Topics[^1].NextOffset);
    }

    [Fact]
    public async Task Subscribe_WhenTheRequestIsBad_RefusesByNumber()
    {
        var bad = new Dictionary<SubscribeRequest, MeshErrorCode>
        {
            [new SubscribeRequest()] = MeshErrorCode.InvalidArgument,
            [new SubscribeRequest { Patterns = { "a.>.b" } }] = MeshErrorCode.InvalidPattern,
            [new SubscribeRequest { Patterns = { "a" }, Start = (StartAt)7 }] = MeshErrorCode.InvalidArgument,
            [new SubscribeRequest { Patterns = { "a" }, Start = StartAt.Offset }] = MeshErrorCode.InvalidArgument,
            [new SubscribeRequest { Patterns = { "a" }, Start = StartAt.Time, StartValue = -1 }] = MeshErrorCode.InvalidOffset,
            [new SubscribeRequest { Patterns = { "a" }, Cursors = { new Cursor { Topic = "a", Offset = -1 } } }] = MeshErrorCode.InvalidOffset,
            [new SubscribeRequest { Patterns = { "a" }, Cursors = { new Cursor { Topic = "a" }, new Cursor { Topic = "a" } } }] = MeshErrorCode.InvalidArgument,
        };

        foreach (var (request, code) in bad)
        {
            using var call = _door.Subscribe(request);
            var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
            Assert.True(code == CodeOf(exception), $"{request}: {exception.Status}");
        }
    }

    [Fact]
    public async Task AnyCall_WhenTheDoorsAreClosed_SaysThatTheNodeIsNotReady()
    {
        using var open = _door.Subscribe(new SubscribeRequest { Patterns = { ">" } });
        Assert.True(await open.ResponseStream.MoveNext());

        await _host.CloseDoorsAsync();

        var ended = await Assert.ThrowsAsync<RpcException>(() => open.ResponseStream.MoveNext());
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await _door.ListPeersAsync(new ListPeersRequest()));
        Assert.Equal((MeshErrorCode.NodeNotReady, StatusCode.Unavailable), (CodeOf(ended), ended.StatusCode));
        Assert.Equal((MeshErrorCode.NodeNotReady, StatusCode.Unavailable), (CodeOf(refused), refused.StatusCode));
        Assert.True((await _door.GetHealthAsync(new GetHealthRequest())).Live);
    }

    private static Event Plain(string text) => new() { Payload = ByteString.CopyFromUtf8(text) };

    private static PackedEvents Packed(long time, int count)
    {
        var builder = new EventBatchBuilder();
        builder.AddEncoded([0, 42], time);
        return new PackedEvents { Count = count, Entries = ByteString.CopyFrom(builder.Build().Bytes.Span) };
    }

    private static MeshErrorCode CodeOf(RpcException exception) => (MeshErrorCode)int.Parse(exception.Trailers.GetValue(MeshTrailers.Code) ?? "0", System.Globalization.CultureInfo.InvariantCulture);
}
