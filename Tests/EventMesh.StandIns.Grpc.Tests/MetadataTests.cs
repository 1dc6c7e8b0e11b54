using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class MetadataTests : IAsyncLifetime
{
    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task RequestHeaders_WithTextAndBytes_ReachHandler()
    {
        byte[] bytes = [0, 1, 127, 128, 255];

        var reply = await _server.OpenClient().SayAsync(
            new Line { Act = "metadata" }, new Metadata { { "X-Word", "polly" }, { "x-word-bin", bytes } }).ResponseAsync.Within("a reply");

        Assert.Equal("polly", reply.Text);
        Assert.Equal(bytes, reply.Payload.ToByteArray());
    }

    [Fact]
    public async Task ResponseHeadersAndTrailers_WithTextAndBytes_ReachClient()
    {
        using var call = _server.OpenClient().SayAsync(new Line { Act = "headers" });
        await call.ResponseAsync.Within("a reply");

        var headers = await call.ResponseHeadersAsync.Within("headers");
        Assert.Equal("bird", headers.GetValue("x-early"));
        Assert.Equal([0, 255], headers.GetValueBytes("x-early-bin"));
        Assert.Equal("owl", call.GetTrailers().GetValue("x-late"));
        Assert.Equal([1, 2, 3], call.GetTrailers().GetValueBytes("x-late-bin"));
    }

    [Fact]
    public async Task ResponseHeaders_OfStream_ArriveBeforeItsEnd()
    {
        using var call = _server.OpenClient().Recite(new Wish { Count = 1, Act = "hang" });

        Assert.NotNull(await call.ResponseHeadersAsync.Within("headers while the handler hangs"));
    }

    [Fact]
    public async Task ResponseHeaders_WhenWrittenTwice_FailCall() =>
        await _server.OpenClient().SayAsync(new Line { Act = "headers twice" }).ResponseAsync.FailsWith(StatusCode.Unknown);

    [Fact]
    public async Task ResponseHeaders_WhenCallIsCancelledBefore_Fail()
    {
        using var call = _server.OpenClient().SayAsync(new Line { Act = "hang" });
        var headers = call.ResponseHeadersAsync;
        await _server.State.Started.Task.Within("the handler begins");

        call.Dispose();

        await headers.FailsWith(StatusCode.Cancelled);
    }

    [Theory]
    [InlineData("bad trailer")]
    [InlineData("bad header")]
    public async Task Value_ThatIsNoHeaderText_FailsCallAndServerStaysUp(string act)
    {
        var client = _server.OpenClient();

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => client.SayAsync(new Line { Act = act }).ResponseAsync.Within("a failure"));

        Assert.NotEqual(StatusCode.OK, failure.StatusCode);
        Assert.Equal("up", (await client.SayAsync(new Line { Text = "up" }).ResponseAsync.Within("a reply")).Text);
    }

    [Fact]
    public async Task RequestHeader_ThatIsNoHeaderText_FailsCallAndChannelStaysUsable()
    {
        var client = _server.OpenClient();

        await Assert.ThrowsAsync<RpcException>(
            () => client.SayAsync(new Line(), new Metadata { { "x-word", "a\r\nb" } }).ResponseAsync.Within("a failure"));

        Assert.Equal("up", (await client.SayAsync(new Line { Text = "up" }).ResponseAsync.Within("a reply")).Text);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    [InlineData("colon:")]
    public void Add_WithInvalidKey_Throws(string key) => Assert.Throws<ArgumentException>(() => new Metadata { { key, "x" } });

    [Fact]
    public void Add_WithKeyAndValueOfDifferentKinds_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "x", [1] } });
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("x-bin", [1]).Value);
    }

    [Fact]
    public void Get_WithSeveralEntries_ReturnsLastAndGetAllAll()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "2" }, { "A", "3" } };

        Assert.Equal("3", metadata.GetValue("a"));
        Assert.Equal(["1", "3"], metadata.GetAll("a").Select(entry => entry.Value));
        Assert.Null(metadata.Get("c"));
    }

    [Fact]
    public void Empty_WhenChanged_Throws()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
    }

    [Fact]
    public void Entry_WithBytes_KeepsItsOwnCopy()
    {
        byte[] bytes = [1];
        var entry = new Metadata.Entry("x-bin", bytes);

        bytes[0] = 2;
        entry.ValueBytes[0] = 3;

        Assert.Equal([1], entry.ValueBytes);
    }
}
