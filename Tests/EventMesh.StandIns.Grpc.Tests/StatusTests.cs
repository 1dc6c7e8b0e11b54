using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class StatusTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public static TheoryData<StatusCode> Failures() =>
        [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Say_WhenHandlerThrowsRpcException_ClientGetsCodeAndDetail(StatusCode code)
    {
        var failure = await _server.OpenClient()
            .SayAsync(new Line { Act = "fail", Number = (int)code, Text = "so it is" }).ResponseAsync.FailsWith(code);

        Assert.Equal("so it is", failure.Status.Detail);
    }

    [Theory]
    [InlineData("100% naïve\r\n\t— 日本 \u0001😀 ~%41")]
    [InlineData("")]
    [InlineData(" spaces ")]
    public async Task Say_WithAnyDetail_TextSurvives(string detail)
    {
        var failure = await _server.OpenClient()
            .SayAsync(new Line { Act = "fail", Number = (int)StatusCode.NotFound, Text = detail })
            .ResponseAsync.FailsWith(StatusCode.NotFound);

        Assert.Equal(detail.Trim(' '), failure.Status.Detail.Trim(' '));
    }

    [Fact]
    public async Task Say_WhenHandlerThrowsRpcException_ClientGetsItsTrailers()
    {
        var failure = await _server.OpenClient()
            .SayAsync(new Line { Act = "fail", Number = (int)StatusCode.Aborted }).ResponseAsync.FailsWith(StatusCode.Aborted);

        Assert.Equal("because", failure.Trailers.GetValue("x-why"));
        Assert.Equal([9], failure.Trailers.GetValueBytes("x-why-bin"));
    }

    [Fact]
    public async Task Say_WhenHandlerSetsStatus_ClientGetsIt()
    {
        using var call = _server.OpenClient()
            .SayAsync(new Line { Act = "status", Number = (int)StatusCode.OutOfRange, Text = "too far" });

        var failure = await call.ResponseAsync.FailsWith(StatusCode.OutOfRange);
        Assert.Equal("too far", failure.Status.Detail);
        Assert.Equal(StatusCode.OutOfRange, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Say_WhenHandlerCrashes_IsUnknownAndTellsNothing()
    {
        var failure = await _server.OpenClient()
            .SayAsync(new Line { Act = "crash", Text = "the secret" }).ResponseAsync.FailsWith(StatusCode.Unknown);

        Assert.DoesNotContain("secret", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_WhenHandlerCrashesWithDetailedErrors_TellsWhy()
    {
        await using var open = await ParrotServer.StartAsync(options => options.EnableDetailedErrors = true);

        var failure = await open.OpenClient()
            .SayAsync(new Line { Act = "crash", Text = "the secret" }).ResponseAsync.FailsWith(StatusCode.Unknown);

        Assert.Contains("the secret", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_WhenHandlerReturnsNull_IsCancelled() =>
        await _server.OpenClient().SayAsync(new Line { Act = "null" }).ResponseAsync.FailsWith(StatusCode.Cancelled);

    [Fact]
    public async Task Recite_WhenHandlerThrowsAfterMessages_ClientGetsMessagesThenStatusAndTrailers()
    {
        using var call = _server.OpenClient().Recite(new Wish { Count = 3, Act = "fail" });
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("a line"));
        }

        var failure = await call.ResponseStream.MoveNext(CancellationToken.None).FailsWith(StatusCode.DataLoss);

        Assert.Equal("owl", failure.Trailers.GetValue("x-late"));
        Assert.Equal(StatusCode.DataLoss, call.GetStatus().StatusCode);
        Assert.Equal("owl", call.GetTrailers().GetValue("x-late"));
        await call.ResponseStream.MoveNext(CancellationToken.None).FailsWith(StatusCode.DataLoss);
    }

    [Fact]
    public async Task Call_OfUnknownServiceOrMethod_IsUnimplemented()
    {
        var invoker = _server.OpenChannel().CreateCallInvoker();
        foreach (var (service, name) in new[] { ("no.Such", "Say"), ("eventmesh.standins.tests.Parrot", "Shout") })
        {
            var method = new Method<string, string>(
                MethodType.Unary, service, name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

            await invoker.AsyncUnaryCall(method, null, default, "x").ResponseAsync.FailsWith(StatusCode.Unimplemented);
        }
    }
}
