using System.Net;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mesh = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.UserHost.Tests;

/// <summary>A host as a user writes it: its own web application, and two lines for the mesh.</summary>
public sealed class OwnHostTests
{
    [Fact]
    public async Task TwoLines_MakeANode_BesideTheHostsOwnEndpoints()
    {
        await using var app = UserHost.Build(builder => builder.WebHost.UseUrls("http://127.0.0.1:0"));
        app.MapGet("/", () => "mine");
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<MeshAddresses>();
        using var http = new HttpClient();

        Assert.Equal("mine", await http.GetStringAsync(OwnUrl(app, addresses)));
        Assert.Contains("ok", await http.GetStringAsync($"http://{addresses.Client}/health/ready"), StringComparison.Ordinal);
        var receipt = await PublishAsync(addresses);
        Assert.Equal("west", receipt.Origin);
        Assert.Equal(1, receipt.Count);
        await app.StopAsync();
    }

    [Fact]
    public async Task OwnKestrelEndpoints_GoOnWorking()
    {
        await using var app = UserHost.Build(builder => builder.WebHost.ConfigureKestrel(static server => server.Listen(IPAddress.Loopback, 0)));
        app.MapGet("/health/live", () => "mine, on my port");
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<MeshAddresses>();
        using var http = new HttpClient();

        Assert.Equal("mine, on my port", await http.GetStringAsync($"{OwnUrl(app, addresses)}/health/live"));
        Assert.Contains("status", await http.GetStringAsync($"http://{addresses.Client}/health/live"), StringComparison.Ordinal);
        await app.StopAsync();
    }

    [Fact]
    public async Task Ports_ServeOnlyTheirOwn()
    {
        await using var app = UserHost.Build(static builder => builder.WebHost.UseUrls("http://127.0.0.1:0"));
        app.MapGet("/", () => "mine");
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<MeshAddresses>();
        using var http = new HttpClient();

        var doorOnOwnPort = await http.GetAsync($"{OwnUrl(app, addresses)}/health/live");
        using var onPeerPort = new HttpRequestMessage(HttpMethod.Get, $"http://{addresses.Peer}/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var ownOnPeerPort = await http.SendAsync(onPeerPort);

        Assert.Equal(HttpStatusCode.NotFound, doorOnOwnPort.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, ownOnPeerPort.StatusCode);
        await app.StopAsync();
    }

    [Fact]
    public async Task HostCode_CanUseTheNodeDirectly()
    {
        await using var app = UserHost.Build(static _ => { });
        await app.StartAsync();
        var node = app.Services.GetRequiredService<IMeshNode>();
        await using var subscription = await node.SubscribeAsync(
            new SubscribeRequest { Patterns = [TopicPattern.All] }, CancellationToken.None);
        var batch = new EventBatchBuilder();
        batch.Add("hello"u8);

        await node.PublishAsync(TopicName.Parse("greetings"), batch.Build(), Durability.Disk, CancellationToken.None);

        var delivery = await subscription.ReadAsync(1024, CancellationToken.None);
        using var records = delivery.Records;
        Assert.Equal("greetings", delivery.Topic.Value);
        await app.StopAsync();
    }

    /// <summary>The web server waits for its streams before the silo stops: they must have been told to end by then.</summary>
    [Fact]
    public async Task Stop_WithAnOpenStream_EndsIt()
    {
        await using var app = UserHost.Build(static _ => { });
        await app.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://{app.Services.GetRequiredService<MeshAddresses>().Client}");
        var request = new Mesh.SubscribeRequest();
        request.Patterns.Add(">");
        using var call = new Mesh.MeshService.MeshServiceClient(channel).Subscribe(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        var stopping = app.StopAsync();

        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("NodeId", "not a node id", "EventMesh:NodeId")]
    [InlineData("PeerListen", "nowhere", "EventMesh:PeerListen")]
    [InlineData("ConnectPeer:0", "east", "EventMesh:ConnectPeer")]
    [InlineData("ConnectPeer:0", "west=127.0.0.1:1", "EventMesh:ConnectPeer")]
    [InlineData("HttpPort", "70000", "EventMesh:HttpPort")]
    [InlineData("EventLogPath", "data", "EventMesh:EventLogPath")]
    [InlineData("Storage:Path", "data", "EventMesh:Storage:Path")]
    [InlineData("Storage:Files:SegmentBytes", "1", "EventMesh:Storage:Files:SegmentBytes")]
    [InlineData("MaxSessions", "0", "EventMesh:MaxSessions")]
    public async Task WrongValue_IsRefusedAtStart_WithItsKey(string key, string value, string named)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var app = UserHost.Build(builder => builder.Configuration[$"EventMesh:{key}"] = value);
            await app.StartAsync();
        });

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    private static string OwnUrl(WebApplication app, MeshAddresses addresses) => app.Urls.Single(url =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && address.Port > 80
        && address.Port != addresses.Client!.Port
        && address.Port != addresses.Peer!.Port);

    private static async Task<Mesh.Receipt> PublishAsync(MeshAddresses addresses)
    {
        using var channel = GrpcChannel.ForAddress($"http://{addresses.Client}");
        var request = new Mesh.PublishRequest { Topic = "orders" };
        request.Events.Add(new Mesh.Event { Payload = Google.Protobuf.ByteString.CopyFromUtf8("hello") });
        return await new Mesh.MeshService.MeshServiceClient(channel).PublishAsync(request);
    }
}
