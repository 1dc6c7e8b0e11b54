using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class DeadlineTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Say_WhenDeadlinePasses_BothSidesEnd()
    {
        using var call = _server.OpenClient().SayAsync(new Line { Act = "hang" }, deadline: In(TimeSpan.FromMilliseconds(300)));

        await call.ResponseAsync.FailsWith(StatusCode.DeadlineExceeded);

        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        await _server.State.Cancelled.Task.Within("the handler's token is cancelled");
    }

    [Fact]
    public async Task Say_WhenHandlerIgnoresDeadline_ClientEndsAndServerStaysUp()
    {
        var client = _server.OpenClient();
        await client.SayAsync(new Line { Act = "ignore deadline" }, deadline: In(TimeSpan.FromMilliseconds(200)))
            .ResponseAsync.FailsWith(StatusCode.DeadlineExceeded);

        _server.State.Released.SetResult();

        Assert.Equal("still here", (await client.SayAsync(new Line { Text = "still here" }).ResponseAsync.Within("a reply")).Text);
    }

    [Fact]
    public async Task Say_WhenDeadlineIsOver_FailsAtOnce()
    {
        await _server.OpenClient().SayAsync(new Line(), deadline: In(TimeSpan.FromSeconds(-1)))
            .ResponseAsync.FailsWith(StatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task Recite_WhenDeadlinePasses_ReadFails()
    {
        using var call = _server.OpenClient()
            .Recite(new Wish { Count = 2, Act = "hang" }, deadline: In(TimeSpan.FromMilliseconds(500)));
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("a line"));
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("a line"));

        await call.ResponseStream.MoveNext(CancellationToken.None).FailsWith(StatusCode.DeadlineExceeded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task Say_WithFarDeadline_ReachesHandlerAsUtc(int days)
    {
        var reply = await _server.OpenClient().SayAsync(new Line { Act = "context" }, deadline: In(TimeSpan.FromDays(days)))
            .ResponseAsync.Within("a reply");

        Assert.EndsWith("|Utc", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_WithMaxValue_HasNoDeadline()
    {
        var reply = await _server.OpenClient().SayAsync(new Line { Act = "context" }, deadline: DateTime.MaxValue)
            .ResponseAsync.Within("a reply");

        Assert.EndsWith("|no deadline", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Say_WithLocalTime_Throws()
    {
        var local = DateTime.SpecifyKind(In(TimeSpan.FromHours(1)), DateTimeKind.Local);

        Assert.Throws<InvalidOperationException>(() => _server.OpenClient().Say(new Line(), deadline: local));
    }

    private static DateTime In(TimeSpan time) => TimeProvider.System.GetUtcNow().UtcDateTime + time;
}
