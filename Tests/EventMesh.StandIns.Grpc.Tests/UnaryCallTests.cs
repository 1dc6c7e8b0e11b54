using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class UnaryCallTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task Say_WithPayloadOfAnySize_ReturnsIt(int size)
    {
        var payload = new byte[size];
        new Random(size).NextBytes(payload);

        var reply = await _server.OpenClient().SayAsync(new Line { Payload = ByteString.CopyFrom(payload) })
            .ResponseAsync.Within("a reply");

        Assert.Equal(payload, reply.Payload.ToByteArray());
    }

    [Fact]
    public async Task Say_WithEmptyMessage_ReturnsEmptyMessage()
    {
        var reply = await _server.OpenClient().SayAsync(new Line()).ResponseAsync.Within("a reply");

        Assert.Equal(new Line(), reply);
    }

    [Fact]
    public void Say_WhenBlocking_Returns() => Assert.Equal("hello", _server.OpenClient().Say(new Line { Text = "hello" }).Text);

    [Fact]
    public async Task Say_WithHundredsAtOnce_AnswersEachItsOwn()
    {
        var client = _server.OpenClient();

        var replies = await Task.WhenAll(
            Enumerable.Range(0, 400).Select(i => client.SayAsync(new Line { Number = i }).ResponseAsync)).Within("400 replies");

        Assert.Equal(Enumerable.Range(0, 400), replies.Select(reply => reply.Number));
    }

    [Fact]
    public async Task Context_InHandler_DescribesCall()
    {
        var reply = await _server.OpenClient().SayAsync(new Line { Act = "context" }).ResponseAsync.Within("a reply");

        var parts = reply.Text.Split('|');
        Assert.Equal("/eventmesh.standins.tests.Parrot/Say", parts[0]);
        Assert.Equal(_server.Address.Authority, parts[1]);
        Assert.StartsWith("ipv4:127.0.0.1:", parts[2], StringComparison.Ordinal);
        Assert.Equal("HTTP/2", parts[3]);
        Assert.Equal("no deadline", parts[4]);
    }

    [Fact]
    public async Task GetStatusAndTrailers_BeforeEnd_Throw()
    {
        using var call = _server.OpenClient().SayAsync(new Line { Act = "hang" });
        await _server.State.Started.Task.Within("the handler begins");

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }

    [Fact]
    public async Task GetStatus_AfterEnd_IsOk()
    {
        using var call = _server.OpenClient().SayAsync(new Line());
        await call.ResponseAsync.Within("a reply");

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task Sing_WhenNotOverridden_IsUnimplemented() =>
        await _server.OpenClient().SingAsync(new Line()).ResponseAsync.FailsWith(StatusCode.Unimplemented);
}
