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
        await WithDeadlineThatReachesHandlerAsync(async (server, deadline) =>
        {
            using var call = server.OpenClient().SayAsync(new Line { Act = "hang" }, deadline: deadline);
            await call.ResponseAsync.FailsWith(StatusCode.DeadlineExceeded);
            Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
            if (!server.State.Started.Task.IsCompleted)
            {
                return false;
            }

            await server.State.Cancelled.Task.Within("the handler's token is cancelled");
            return true;
        });
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

    [Theory]
    [InlineData(2, "hang")]
    [InlineData(int.MaxValue, "")]
    public async Task Recite_WhenDeadlinePasses_BothSidesEnd(int count, string act)
    {
        await WithDeadlineThatReachesHandlerAsync(async (server, deadline) =>
        {
            var lines = 0;
            using var call = server.OpenClient().Recite(new Wish { Count = count, Size = 100, Act = act }, deadline: deadline);
            var reading = Task.Run(async () =>
            {
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    lines++;
                }
            });
            await reading.FailsWith(StatusCode.DeadlineExceeded);
            if (lines < 2)
            {
                return false;
            }

            await server.State.Ended.Task.Within("the handler ends");
            return true;
        });
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

    /// <summary>Tries ever later deadlines: on a busy machine an early one can pass before the server hears of the call.</summary>
    private static async Task WithDeadlineThatReachesHandlerAsync(Func<ParrotServer, DateTime, Task<bool>> tryAsync)
    {
        for (var time = TimeSpan.FromMilliseconds(200); time < TimeSpan.FromMinutes(1); time *= 2)
        {
            await using var server = await ParrotServer.StartAsync();
            if (await tryAsync(server, In(time)))
            {
                return;
            }
        }

        Assert.Fail("Expected the handler to begin within a minute.");
    }

    private static DateTime In(TimeSpan time) => TimeProvider.System.GetUtcNow().UtcDateTime + time;
}
