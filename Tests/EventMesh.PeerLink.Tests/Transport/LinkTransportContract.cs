using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Transport;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>What every link transport must do. Derive, and give a listener and a dialer.</summary>
public abstract class LinkTransportContract : IAsyncLifetime
{
    private protected QueueAcceptor Acceptor { get; } = new();

    /// <summary>Dials the listener.</summary>
    private protected abstract ILinkTransport Transport { get; }

    /// <summary>The listener's address.</summary>
    private protected abstract string Address { get; }

    /// <summary>An address that nobody listens at.</summary>
    private protected abstract string DeadAddress { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task Read_WhenBothSidesWriteAtOnce_GivesEachSideTheOthersFramesInOrder()
    {
        var (dialer, listener) = await OpenAsync();

        var results = await Soon.Expect(
            Task.WhenAll(WriteCountAsync(dialer, 500), WriteCountAsync(listener.Connection, 500), ReadCountAsync(dialer, 500), ReadCountAsync(listener.Connection, 500)),
            "500 frames each way");

        Assert.All(results, static inOrder => Assert.True(inOrder));
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Open_SaysWhichSideDialled()
    {
        var (dialer, listener) = await OpenAsync();

        Assert.True(dialer.IsDialer);
        Assert.False(listener.Connection.IsDialer);
        Assert.NotEmpty(dialer.RemoteAddress);
        Assert.NotEmpty(listener.Connection.RemoteAddress);
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Read_WhenFramesAreLarge_GivesThemWhole()
    {
        var (dialer, listener) = await OpenAsync();
        var batch = SampleFrames.Batch(1, previous: default, first: 0, payloadBytes: 1024 * 1024 - 64);
        var snapshot = new InterestSnapshotFrame("west", [.. Enumerable.Range(0, 10_000).Select(static i => $"topic.{i:D200}")], 1);

        var writing = Task.Run(async () =>
        {
            await dialer.WriteAsync(batch, CancellationToken.None);
            await dialer.WriteAsync(snapshot, CancellationToken.None);
        });
        var first = Assert.IsType<BatchFrame>(await ReadAsync(listener.Connection));
        var second = Assert.IsType<InterestSnapshotFrame>(await ReadAsync(listener.Connection));

        await Soon.Expect(writing, "both writes");
        Assert.True(batch.Batch.Events.Bytes.Span.SequenceEqual(first.Batch.Events.Bytes.Span));
        Assert.Equal(snapshot.Patterns, second.Patterns);
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Write_WhileTheOtherSideDoesNotRead_WaitsAndReadingGoesOn()
    {
        const int Frames = 1000;
        var (dialer, listener) = await OpenAsync();
        var frame = SampleFrames.Batch(1, previous: default, first: 0, payloadBytes: 64 * 1024);

        var flood = Task.Run(async () =>
        {
            for (var i = 0; i < Frames; i++)
            {
                await dialer.WriteAsync(frame, CancellationToken.None);
            }
        });

        // 64 MB are beyond every window. Were nothing held back they would be gone long before this; were the machine slow, nothing is asserted wrongly.
        await Task.WhenAny(flood, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        Assert.False(flood.IsCompleted, "64 MB were taken although nobody reads.");
        await listener.Connection.WriteAsync(new InterestAppliedFrame(5), CancellationToken.None);
        Assert.Equal(new InterestAppliedFrame(5), await ReadAsync(dialer));

        for (var i = 0; i < Frames; i++)
        {
            Assert.IsType<BatchFrame>(await ReadAsync(listener.Connection));
        }

        await Soon.Expect(flood, "the end of the flood");
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Complete_WhenTheDialerEndsItsDirection_LetsTheListenerGoOn()
    {
        var (dialer, listener) = await OpenAsync();
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        await dialer.CompleteAsync(CancellationToken.None);

        Assert.Equal(new InterestAppliedFrame(1), await ReadAsync(listener.Connection));
        Assert.Null(await ReadAsync(listener.Connection));
        await listener.Connection.WriteAsync(new InterestAppliedFrame(2), CancellationToken.None);

        Assert.Equal(new InterestAppliedFrame(2), await ReadAsync(dialer));
        await Assert.ThrowsAsync<EventMeshException>(async () => await dialer.WriteAsync(new InterestAppliedFrame(3), CancellationToken.None));
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Complete_WhenTheListenerEnds_DeliversItsLastFrameFirst()
    {
        var (dialer, listener) = await OpenAsync();
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        Assert.NotNull(await ReadAsync(listener.Connection));

        await listener.Connection.WriteAsync(new GoodbyeFrame(MeshErrorCode.VersionMismatch, "no", null), CancellationToken.None);
        await listener.Connection.CompleteAsync(CancellationToken.None);
        listener.Running.SetResult();

        Assert.Equal(new GoodbyeFrame(MeshErrorCode.VersionMismatch, "no", null), await ReadAsync(dialer));
        Assert.Null(await ReadAsync(dialer));
        await dialer.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_WhenTheOtherSideReads_FailsTheReadWithLinkClosed(bool byDialer)
    {
        var (dialer, listener) = await OpenAsync();
        var (ending, other) = byDialer ? (dialer, listener.Connection) : (listener.Connection, dialer);
        var reading = other.ReadAsync(CancellationToken.None).AsTask();

        await ending.DisposeAsync();

        Assert.Equal(MeshErrorCode.LinkClosed, (await FailureOf(reading)).Code);
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Dispose_WhenAWriteWaits_FailsTheWriteWithLinkClosed()
    {
        var (dialer, listener) = await OpenAsync();
        var frame = SampleFrames.Batch(1, previous: default, first: 0, payloadBytes: 64 * 1024);
        var flood = Task.Run(async () =>
        {
            while (true)
            {
                await dialer.WriteAsync(frame, CancellationToken.None);
            }
        });
        Assert.NotNull(await ReadAsync(listener.Connection));

        await listener.Connection.DisposeAsync();

        Assert.Equal(MeshErrorCode.LinkClosed, (await FailureOf(flood)).Code);
        await EndAsync(dialer, listener);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_WhenCancelled_EndsTheStream(bool byDialer)
    {
        var (dialer, listener) = await OpenAsync();
        var (reader, other) = byDialer ? (dialer, listener.Connection) : (listener.Connection, dialer);
        using var cancellation = new CancellationTokenSource();
        var reading = reader.ReadAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon.Expect(reading, "the end of a cancelled read"));
        Assert.Equal(MeshErrorCode.LinkClosed, (await FailureOf(other.ReadAsync(CancellationToken.None).AsTask())).Code);
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Dial_WhenNobodyListens_FailsWithPeerUnreachable()
    {
        var error = await Assert.ThrowsAsync<EventMeshException>(
            () => Soon.Expect(Transport.DialAsync(DeadAddress, CancellationToken.None).AsTask(), "a refused dial"));

        Assert.Equal(MeshErrorCode.PeerUnreachable, error.Code);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Dial_WhenManyLinksAreOpen_KeepsThemApart()
    {
        const int Links = 50;
        var open = await Task.WhenAll(Enumerable.Range(0, Links).Select(async i =>
        {
            var dialer = await Transport.DialAsync(Address, CancellationToken.None);
            await dialer.WriteAsync(new InterestAppliedFrame(i), CancellationToken.None);
            return dialer;
        }));

        for (var i = 0; i < Links; i++)
        {
            var listener = await Acceptor.NextAsync();
            await listener.Connection.WriteAsync((await ReadAsync(listener.Connection))!, CancellationToken.None);
            await listener.Connection.CompleteAsync(CancellationToken.None);
            listener.Running.SetResult();
        }

        for (var i = 0; i < Links; i++)
        {
            Assert.Equal(new InterestAppliedFrame(i), await ReadAsync(open[i]));
            Assert.Null(await ReadAsync(open[i]));
            await open[i].DisposeAsync();
        }
    }

    private protected async Task<(ILinkConnection Dialer, AcceptedLink Listener)> OpenAsync()
    {
        var dialer = await Soon.Expect(Transport.DialAsync(Address, CancellationToken.None).AsTask(), "an open stream");
        return (dialer, await Acceptor.NextAsync());
    }

    private protected static Task<LinkFrame?> ReadAsync(ILinkConnection connection) =>
        Soon.Expect(connection.ReadAsync(CancellationToken.None).AsTask(), "a frame, or the end of the stream");

    private protected static async Task<EventMeshException> FailureOf(Task task) =>
        await Assert.ThrowsAsync<EventMeshException>(() => Soon.Expect(task, "the failure of a read or write"));

    private protected static async Task EndAsync(ILinkConnection dialer, AcceptedLink listener)
    {
        await dialer.DisposeAsync();
        listener.Running.TrySetResult();
    }

    private static async Task<bool> WriteCountAsync(ILinkConnection side, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await side.WriteAsync(new InterestAppliedFrame(i), CancellationToken.None);
        }

        return true;
    }

    private static async Task<bool> ReadCountAsync(ILinkConnection side, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (await side.ReadAsync(CancellationToken.None) is not InterestAppliedFrame applied || applied.Version != i)
            {
                return false;
            }
        }

        return true;
    }
}
