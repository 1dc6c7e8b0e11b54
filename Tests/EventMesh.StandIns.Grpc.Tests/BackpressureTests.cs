using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>A slow reader stops the writer; other calls of the connection go on. Answered calls serve as the clock.</summary>
public sealed class BackpressureTests : IAsyncLifetime
{
    private const int Messages = 1_000;
    private const int Size = 64 * 1024;

    private ParrotServer _server = null!;

    public async Task InitializeAsync() => _server = await ParrotServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Recite_WhenClientDoesNotRead_ServerStopsAndGoesOnLater()
    {
        var client = _server.OpenClient();
        using var call = client.Recite(new Wish { Count = Messages, Size = Size });
        await call.ResponseHeadersAsync.Within("the stream begins");

        await LetOthersRunAsync(client);
        Assert.InRange(_server.State.Progress, 0, Messages / 2);

        var count = 0;
        await foreach (var line in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(count++, line.Number);
        }

        Assert.Equal(Messages, count);
    }

    [Fact]
    public async Task Listen_WhenServerDoesNotRead_ClientStopsAndGoesOnLater()
    {
        var client = _server.OpenClient();
        using var call = client.Listen();
        await call.RequestStream.WriteAsync(new Line { Act = "wait" });
        await _server.State.Started.Task.Within("the handler waits");
        var written = 0;
        var payload = ByteString.CopyFrom(new byte[Size]);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await call.RequestStream.WriteAsync(new Line { Payload = payload });
                Interlocked.Increment(ref written);
            }
        });

        await LetOthersRunAsync(client);
        Assert.InRange(Volatile.Read(ref written), 0, Messages / 2);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new Line()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());

        _server.State.Released.SetResult();
        await writing.Within("all writes");
        await call.RequestStream.CompleteAsync();
        var tally = await call.ResponseAsync.Within("a tally");
        Assert.Equal(Messages + 1, tally.Lines);
    }

    private static async Task LetOthersRunAsync(Parrot.ParrotClient client)
    {
        for (var i = 0; i < 500; i++)
        {
            await client.SayAsync(new Line { Number = i }).ResponseAsync.Within("another call of the connection is answered");
        }
    }
}
