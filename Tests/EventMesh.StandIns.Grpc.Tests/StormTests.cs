using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>Calls that end on several sides at once: whichever wins, the end is one of the possible ones and the connection survives.</summary>
public sealed class StormTests : IAsyncLifetime
{
    // A reset that meets the reply is Cancelled or, in the real client, Internal; nothing may blame the connection.
    private static readonly StatusCode[] Ends =
        [StatusCode.OK, StatusCode.Cancelled, StatusCode.DeadlineExceeded, StatusCode.Internal];

    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Say_WhenDeadlinesPassAroundReplies_EndsAsOneOfThem()
    {
        var client = _server.OpenClient();
        var codes = new List<StatusCode>();
        for (var round = 0; round < 40; round++)
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(round % 8);
            codes.AddRange(await Task.WhenAll(
                Enumerable.Range(0, 50).Select(_ => EndOfAsync(client.SayAsync(new Line(), deadline: deadline)))).Within("50 ends"));
        }

        Assert.All(codes, code => Assert.Contains(code, Ends));
        await AssertUnharmedAsync(client);
    }

    [Fact]
    public async Task Say_WhenCancelledAroundReplies_EndsAsOneOfThem()
    {
        var client = _server.OpenClient();
        for (var round = 0; round < 40; round++)
        {
            using var source = new CancellationTokenSource();
            var calls = Enumerable.Range(0, 50).Select(_ => EndOfAsync(client.SayAsync(new Line(), cancellationToken: source.Token))).ToArray();
            await calls[round];
            await source.CancelAsync();

            var codes = await Task.WhenAll(calls).Within("50 ends");
            Assert.All(codes, code => Assert.Contains(code, Ends));
        }

        await AssertUnharmedAsync(client);
    }

    [Fact]
    public async Task Talk_WhenDisposedAnywhere_EndsHandlers()
    {
        var client = _server.OpenClient();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var call = client.Talk();
            for (var line = 0; line < i % 5; line++)
            {
                await call.RequestStream.WriteAsync(new Line { Number = line });
            }

            for (var line = 0; line < i % 3 && line < i % 5; line++)
            {
                Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            }
        })).Within("200 streams");

        await AssertUnharmedAsync(client);
    }

    [Fact]
    public async Task Recite_WhenDisposedInTheMiddle_GivesItsRoomBack()
    {
        var client = _server.OpenClient();
        for (var round = 0; round < 100; round++)
        {
            using var call = client.Recite(new Wish { Count = 1_000, Size = 100_000 });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("a line"));
        }

        await AssertUnharmedAsync(client);
    }

    private static async Task<StatusCode> EndOfAsync(AsyncUnaryCall<Line> call)
    {
        try
        {
            await call.ResponseAsync;
            return StatusCode.OK;
        }
        catch (RpcException failure)
        {
            return failure.StatusCode;
        }
    }

    private async Task AssertUnharmedAsync(Parrot.ParrotClient client)
    {
        var reply = await client.SayAsync(new Line { Payload = Google.Protobuf.ByteString.CopyFrom(new byte[3_000_000]) })
            .ResponseAsync.Within("a large reply on the same connection");
        Assert.Equal(3_000_000, reply.Payload.Length);
        Assert.Empty(_server.Errors);
    }
}
