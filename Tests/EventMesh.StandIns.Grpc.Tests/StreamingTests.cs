using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class StreamingTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Theory]
    [InlineData(0, 0, "")]
    [InlineData(1, 0, "")]
    [InlineData(10_000, 10, "")]
    [InlineData(10_000, 10, "buffer")]
    [InlineData(20, 1_000_000, "")]
    public async Task Recite_WithManyMessages_DeliversAllInOrder(int count, int size, string act)
    {
        using var call = _server.OpenClient().Recite(new Wish { Count = count, Size = size, Act = act });

        var numbers = new List<int>();
        await foreach (var line in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(size, line.Payload.Length);
            numbers.Add(line.Number);
        }

        Assert.Equal(Enumerable.Range(0, count), numbers);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5_000, 10)]
    [InlineData(30, 1_000_000)]
    public async Task Listen_WithManyMessages_HearsAll(int count, int size)
    {
        using var call = _server.OpenClient().Listen();
        var payload = ByteString.CopyFrom(new byte[size]);
        for (var i = 0; i < count; i++)
        {
            await call.RequestStream.WriteAsync(new Line { Payload = payload }).Within("a write");
        }

        await call.RequestStream.CompleteAsync();
        var tally = await call.ResponseAsync.Within("a tally");

        Assert.Equal(count, tally.Lines);
        Assert.Equal((long)count * size, tally.Bytes);
    }

    [Fact]
    public async Task Talk_OneByOne_EchoesEachAtOnce()
    {
        using var call = _server.OpenClient().Talk();
        for (var i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new Line { Number = i }).Within("a write");
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("an echo"));
            Assert.Equal(i, call.ResponseStream.Current.Number);
        }
    }

    [Fact]
    public async Task Talk_BothWaysAtOnce_LosesNothing()
    {
        const int Count = 3_000;
        using var call = _server.OpenClient().Talk();
        var payload = ByteString.CopyFrom(new byte[5_000]);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                await call.RequestStream.WriteAsync(new Line { Number = i, Payload = payload });
            }
        });

        for (var i = 0; i < Count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("an echo"));
            Assert.Equal(i, call.ResponseStream.Current.Number);
        }

        await writing.Within("all writes");
    }

    [Fact]
    public async Task Talk_WhenClientCompletes_ServerStillAnswers()
    {
        using var call = _server.OpenClient().Talk();

        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("the last word"));
        Assert.Equal("you are silent", call.ResponseStream.Current.Text);
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).Within("the end"));
    }

    [Fact]
    public async Task Talk_BeforeFirstMessage_HasReachedTheServer()
    {
        using var call = _server.OpenClient().Talk();

        await _server.State.Started.Task.Within("the handler begins before any message");
    }

    [Fact]
    public async Task Talk_WhenServerLeaves_ReadsEndAndWritesFail()
    {
        using var call = _server.OpenClient().Talk();
        await call.RequestStream.WriteAsync(new Line { Act = "leave" });

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).Within("the end"));

        await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new Line()));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData("stop", StatusCode.OK)]
    [InlineData("fail", StatusCode.Aborted)]
    public async Task Listen_WhenServerEndsEarly_ClientGetsItsAnswer(string act, StatusCode code)
    {
        using var call = _server.OpenClient().Listen();
        await call.RequestStream.WriteAsync(new Line { Act = act });

        if (code == StatusCode.OK)
        {
            Assert.Equal(0, (await call.ResponseAsync.Within("a tally")).Lines);
        }
        else
        {
            await call.ResponseAsync.FailsWith(code);
        }

        Assert.Equal(code, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task WriteAsync_AfterComplete_Throws()
    {
        using var call = _server.OpenClient().Talk();
        await call.RequestStream.CompleteAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new Line()));
    }

    [Fact]
    public async Task WriteAsync_WithNull_Throws()
    {
        using var call = _server.OpenClient().Talk();

        await Assert.ThrowsAsync<ArgumentNullException>(() => call.RequestStream.WriteAsync(null!));
    }

    [Fact]
    public async Task MoveNext_WhileAnotherIsUnderWay_Throws()
    {
        using var call = _server.OpenClient().Talk();
        var first = call.ResponseStream.MoveNext(CancellationToken.None);

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        await call.RequestStream.WriteAsync(new Line { Number = 7 });
        Assert.True(await first.Within("the first read goes on"));
        Assert.Equal(7, call.ResponseStream.Current.Number);
    }
}
