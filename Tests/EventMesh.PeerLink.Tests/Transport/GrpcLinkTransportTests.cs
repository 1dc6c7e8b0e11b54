using System.Net;
using System.Net.Sockets;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Grpc;
using EventMesh.PeerLink.Transport;

namespace EventMesh.PeerLink.Tests.Transport;

public sealed class GrpcLinkTransportTests : LinkTransportContract
{
    private GrpcListener? _listener;

    private protected override ILinkTransport Transport { get; } =
        new GrpcLinkTransport(new GrpcLinkOptions { MaxMessageBytes = GrpcListener.MaxMessageBytes, ReceiveWindowBytes = 4 * 1024 * 1024 });

    private protected override string Address => _listener!.Address;

    private protected override string DeadAddress { get; } = FreeAddress();

    public override async Task InitializeAsync() => _listener = await GrpcListener.StartAsync(Acceptor);

    public override async Task DisposeAsync() => await _listener!.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_WhenAMessageIsOverTheLimit_FailsWithFrameTooLargeAndTheListenerStaysUp(bool toListener)
    {
        var (dialer, listener) = await OpenAsync();
        var (reader, writer) = toListener ? (listener.Connection, dialer) : (dialer, listener.Connection);
        var tooLarge = new InterestSnapshotFrame("west", [new string('x', GrpcListener.MaxMessageBytes + 1)], 1);

        var writing = writer.WriteAsync(tooLarge, CancellationToken.None).AsTask();

        Assert.Equal(MeshErrorCode.FrameTooLarge, (await FailureOf(reader.ReadAsync(CancellationToken.None).AsTask())).Code);
        await EndAsync(dialer, listener);
        await Task.WhenAny(writing);
        await AssertStillServesAsync();
    }

    [Theory]
    [InlineData(MeshErrorCode.HandshakeExpected)]
    [InlineData(MeshErrorCode.SelfLink)]
    [InlineData(MeshErrorCode.VersionMismatch)]
    [InlineData(MeshErrorCode.DuplicateNodeId)]
    [InlineData(MeshErrorCode.UnexpectedHandshake)]
    [InlineData(MeshErrorCode.MalformedFrame)]
    [InlineData(MeshErrorCode.CreditExceeded)]
    [InlineData(MeshErrorCode.PeerSilent)]
    public async Task Read_WhenTheAcceptorFails_CarriesItsCodeAndMessage(MeshErrorCode code)
    {
        var (dialer, listener) = await OpenAsync();

        listener.Running.SetException(new EventMeshException(code, "what was wrong"));

        var error = await FailureOf(dialer.ReadAsync(CancellationToken.None).AsTask());
        Assert.Equal(code, error.Code);
        Assert.Equal($"{code.ToLabel()}: what was wrong", error.Message);
        await dialer.DisposeAsync();
    }

    [Theory]
    [InlineData("host")]
    [InlineData("host:port")]
    [InlineData("a b:1")]
    [InlineData("127.0.0.1:1/path")]
    [InlineData("")]
    public async Task Dial_WhenTheAddressIsNotHostAndPort_FailsWithPeerUnreachable(string address)
    {
        var dial = Transport.DialAsync(address == "host" ? "host.invalid:1" : address, CancellationToken.None).AsTask();

        Assert.Equal(MeshErrorCode.PeerUnreachable, (await FailureOf(dial)).Code);
    }

    [Fact]
    public async Task Accept_WhenTheDialersConnectionBreaks_CancelsTheAcceptor()
    {
        var (dialer, listener) = await OpenAsync();
        var aborted = new TaskCompletionSource();
        await using var registration = listener.Aborted.Register(() => aborted.TrySetResult());

        await dialer.DisposeAsync();

        await Soon.Expect(aborted.Task, "the cancellation of the acceptor");
        listener.Running.SetResult();
    }

    private async Task AssertStillServesAsync()
    {
        var (dialer, listener) = await OpenAsync();
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        Assert.Equal(new InterestAppliedFrame(1), await ReadAsync(listener.Connection));
        await EndAsync(dialer, listener);
    }

    private static string FreeAddress()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }
}
