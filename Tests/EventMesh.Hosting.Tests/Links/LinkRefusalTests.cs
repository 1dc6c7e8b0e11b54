using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Grpc;
using EventMesh.PeerLink.Transport;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A stranger on the real transport who breaks a rule is told which, by a numbered error, and the node goes on.</summary>
public sealed class LinkRefusalTests : IAsyncLifetime
{
    private LinkedNode? _node;

    private LinkedNode Node => _node!;

    public async Task InitializeAsync()
    {
        _node = await LinkedNode.CreateAsync("west");
        await _node.StartAsync();
    }

    public async Task DisposeAsync() => await Node.DisposeAsync();

    [Fact]
    public async Task Link_WhenTheFirstFrameIsNoHandshake_IsRefused() =>
        Assert.Equal(MeshErrorCode.HandshakeExpected, await EndOfAsync(new HeartbeatFrame(1, 0, 0)));

    [Fact]
    public async Task Link_WhenASecondHandshakeComes_IsEnded() =>
        Assert.Equal(MeshErrorCode.UnexpectedHandshake, await EndOfAsync(Handshake("east"), Handshake("east")));

    [Fact]
    public async Task Link_WhenThePeerNamesOurOwnId_IsRefused() =>
        Assert.Equal(MeshErrorCode.SelfLink, await EndOfAsync(Handshake("west")));

    [Fact]
    public async Task Link_WhenTheMajorVersionDiffers_IsRefused() =>
        Assert.Equal(MeshErrorCode.VersionMismatch, await EndOfAsync(Handshake("east") with { ProtocolVersion = 200 }));

    [Fact]
    public async Task Link_WhenTheMinorVersionOrAFeatureIsNew_IsTaken()
    {
        await using var connection = await DialAsync();
        await connection.WriteAsync(Handshake("east") with { ProtocolVersion = 107, Features = [LinkFeatures.LogReplication, "new"] }, default);

        Assert.Equal(Node.Id, Assert.IsType<HandshakeFrame>(await connection.ReadAsync(default)).Node);
    }

    [Theory]
    [InlineData(LinkFeatures.Bundles)]
    [InlineData("bundles-0")]
    public async Task Link_OfManyTopics_SendsBundlesOnlyToAPeerThatNamesThem(string feature)
    {
        await using var connection = await DialAsync();
        await connection.WriteAsync(Handshake("east") with { Features = [LinkFeatures.LogReplication, feature] }, default);
        await connection.WriteAsync(new InterestSnapshotFrame("east", ["many.>"], 1), default);
        var messages = await MessagesUntilAsync(connection, static frames => frames.OfType<InterestAppliedFrame>().Any());
        for (var i = 0; i < 300; i++)
        {
            await Node.Host.PublishAsync($"many.t{i}", "x");
        }

        messages.AddRange(await MessagesUntilAsync(connection, static frames => frames.OfType<BatchFrame>().Count() == 300));

        Assert.Equal(300, messages.SelectMany(Frames).OfType<BatchFrame>().Select(static batch => batch.Topic).Distinct().Count());
        Assert.True(feature == LinkFeatures.Bundles || !messages.OfType<BundleFrame>().Any(), "A peer that did not name bundles was sent one.");
    }

    [Fact]
    public async Task Link_WhenThePeersFramesComeInABundle_TakesThem()
    {
        await using var connection = await DialAsync();
        await connection.WriteAsync(Handshake("east"), default);
        await connection.WriteAsync(new BundleFrame([new HeartbeatFrame(1, 0, 0), new InterestSnapshotFrame("east", ["a", "b"], 7)]), default);

        var messages = await MessagesUntilAsync(connection, static frames => frames.OfType<InterestAppliedFrame>().Any());

        Assert.Equal(7, Assert.Single(messages.SelectMany(Frames).OfType<InterestAppliedFrame>()).Version);
    }

    [Fact]
    public async Task Link_WhenThePeersIncarnationIsOlder_IsRefused()
    {
        await using var newer = await DialAsync();
        await newer.WriteAsync(Handshake("east", incarnation: 9), default);
        Assert.IsType<HandshakeFrame>(await newer.ReadAsync(default));

        Assert.Equal(MeshErrorCode.DuplicateNodeId, await EndOfAsync(Handshake("east", incarnation: 8)));
    }

    [Fact]
    public async Task Link_WhenThePeersIncarnationIsNewer_TakesThePlaceOfTheOldOne()
    {
        await using var older = await DialAsync();
        await older.WriteAsync(Handshake("east", incarnation: 8), default);
        Assert.IsType<HandshakeFrame>(await older.ReadAsync(default));

        await using var newer = await DialAsync();
        await newer.WriteAsync(Handshake("east", incarnation: 9), default);

        Assert.Equal(MeshErrorCode.DuplicateNodeId, await EndOfAsync(older));
        Assert.IsType<HandshakeFrame>(await newer.ReadAsync(default));
    }

    [Fact]
    public async Task Link_WhenEventsExceedTheCredit_IsEnded()
    {
        var builder = new Core.Events.EventBatchBuilder();
        builder.Add(new byte[900_000]);
        var events = builder.Build();
        var frames = Enumerable.Range(0, 3).Select(i => new BatchFrame(
            Core.Topics.TopicName.Parse("t"),
            new Core.Events.ReplicaBatch(NodeId.Parse("east"), new Incarnation(7), i == 0 ? Position.None : new(new(7), i - 1), i, 1, events),
            0));
        Node.Host.StoreGate = new TaskCompletionSource().Task;

        Assert.Equal(MeshErrorCode.CreditExceeded, await EndOfAsync([Handshake("east"), .. frames]));
    }

    private static async Task<List<LinkFrame>> MessagesUntilAsync(ILinkConnection connection, Func<IEnumerable<LinkFrame>, bool> isDone)
    {
        var messages = new List<LinkFrame>();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isDone(messages.SelectMany(Frames)))
        {
            messages.Add(Assert.IsAssignableFrom<LinkFrame>(await connection.ReadAsync(timeout.Token)));
        }

        return messages;
    }

    private static HandshakeFrame Handshake(string node, long incarnation = 7) =>
        new(NodeId.Parse(node), 100, LinkFeatures.All, new Incarnation(incarnation), 1, 1024 * 1024);

    private async Task<ILinkConnection> DialAsync() =>
        await new GrpcLinkTransport(new GrpcLinkOptions()).DialAsync(Node.Address, CancellationToken.None);

    private async Task<MeshErrorCode> EndOfAsync(params LinkFrame[] frames)
    {
        await using var connection = await DialAsync();
        try
        {
            foreach (var frame in frames)
            {
                await connection.WriteAsync(frame, CancellationToken.None);
            }
        }
        catch (EventMeshException)
        {
            // The other side has ended the stream before all was written; its last words, read below, say why.
        }

        return await EndOfAsync(connection);
    }

    private static IEnumerable<LinkFrame> Frames(LinkFrame message) => message is BundleFrame bundle ? bundle.Frames : [message];

    /// <summary>The code that the other side ends a link with: in its goodbye, or in the status of the stream.</summary>
    private static async Task<MeshErrorCode> EndOfAsync(ILinkConnection connection)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            while (await connection.ReadAsync(timeout.Token) is { } frame)
            {
                if (Frames(frame).OfType<GoodbyeFrame>().FirstOrDefault() is { } goodbye)
                {
                    return goodbye.Code;
                }
            }

            return MeshErrorCode.None;
        }
        catch (EventMeshException error)
        {
            return error.Code;
        }
    }
}
