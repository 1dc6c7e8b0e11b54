using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class CancellationTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Say_WhenTokenIsCancelled_BothSidesEnd()
    {
        using var source = new CancellationTokenSource();
        var reply = _server.OpenClient().SayAsync(new Line { Act = "hang" }, cancellationToken: source.Token).ResponseAsync;
        await _server.State.Started.Task.Within("the handler begins");

        await source.CancelAsync();

        await reply.FailsWith(StatusCode.Cancelled);
        await _server.State.Cancelled.Task.Within("the handler's token is cancelled");
    }

    [Fact]
    public async Task Say_WhenTokenWasCancelledBefore_FailsAtOnce() =>
        await _server.OpenClient().SayAsync(new Line(), cancellationToken: new CancellationToken(canceled: true))
            .ResponseAsync.FailsWith(StatusCode.Cancelled);

    [Fact]
    public async Task Dispose_WhileCallIsUnderWay_CancelsIt()
    {
        var call = _server.OpenClient().SayAsync(new Line { Act = "hang" });
        await _server.State.Started.Task.Within("the handler begins");

        call.Dispose();

        await call.ResponseAsync.FailsWith(StatusCode.Cancelled);
        await _server.State.Cancelled.Task.Within("the handler's token is cancelled");
    }

    [Fact]
    public async Task Dispose_AfterEnd_KeepsStatusAndTrailers()
    {
        var call = _server.OpenClient().SayAsync(new Line { Act = "headers" });
        await call.ResponseAsync.Within("a reply");

        call.Dispose();

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("owl", call.GetTrailers().GetValue("x-late"));
    }

    [Fact]
    public async Task Dispose_OfDuplexCall_EndsReadWriteAndHandler()
    {
        var call = _server.OpenClient().Talk();
        await _server.State.Started.Task.Within("the handler begins");
        var read = call.ResponseStream.MoveNext(CancellationToken.None);

        call.Dispose();

        await read.FailsWith(StatusCode.Cancelled);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.RequestStream.WriteAsync(new Line()));
        await _server.State.Ended.Task.Within("the handler ends");
    }

    [Fact]
    public async Task MoveNext_WhenItsTokenIsCancelled_CancelsCall()
    {
        using var source = new CancellationTokenSource();
        using var call = _server.OpenClient().Talk();
        await _server.State.Started.Task.Within("the handler begins");
        var read = call.ResponseStream.MoveNext(source.Token);

        await source.CancelAsync();

        await read.FailsWith(StatusCode.Cancelled);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await _server.State.Ended.Task.Within("the handler ends");
    }

    [Fact]
    public async Task WriteAsync_WhenItsTokenIsCancelled_CancelsCall()
    {
        using var source = new CancellationTokenSource();
        using var call = _server.OpenClient().Listen();
        await call.RequestStream.WriteAsync(new Line { Act = "wait" });
        await _server.State.Started.Task.Within("the handler waits");
        var payload = Google.Protobuf.ByteString.CopyFrom(new byte[1_000_000]);
        var writing = Task.Run(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new Line { Payload = payload }, source.Token);
            }
        });

        await source.CancelAsync();

        await writing.FailsWith(StatusCode.Cancelled);
    }

    [Fact]
    public async Task Dispose_OfChannel_CancelsItsCallsAndRefusesNewOnes()
    {
        var channel = GrpcChannel.ForAddress(_server.Address);
        var client = new Parrot.ParrotClient(channel);
        var reply = client.SayAsync(new Line { Act = "hang" }).ResponseAsync;
        await _server.State.Started.Task.Within("the handler begins");

        channel.Dispose();

        await reply.FailsWith(StatusCode.Cancelled);
        Assert.Throws<ObjectDisposedException>(() => client.Say(new Line()));
        await _server.State.Cancelled.Task.Within("the handler's token is cancelled");
    }
}
