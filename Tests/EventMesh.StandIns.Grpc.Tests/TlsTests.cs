using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace EventMesh.StandIns.Grpc.Tests;

public sealed class TlsTests
{
    [Fact]
    public async Task Say_OverTls_Works()
    {
        using var certificate = MakeCertificate("server");
        await using var server = await ParrotServer.StartAsync(certificate: certificate);
        var client = server.OpenClient(OptionsThatTrust(certificate));

        Assert.Equal("hello", (await client.SayAsync(new Line { Text = "hello" }).ResponseAsync.Within("a reply")).Text);
    }

    [Fact]
    public async Task Talk_OverTls_Works()
    {
        using var certificate = MakeCertificate("server");
        await using var server = await ParrotServer.StartAsync(certificate: certificate);
        using var call = server.OpenClient(OptionsThatTrust(certificate)).Talk();

        await call.RequestStream.WriteAsync(new Line { Number = 1 });

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).Within("an echo"));
    }

    [Fact]
    public async Task Say_WithClientCertificate_IsKnownToHandler()
    {
        using var certificate = MakeCertificate("server");
        using var own = MakeCertificate("west");
        await using var server = await ParrotServer.StartAsync(certificate: certificate);
        var client = server.OpenClient(OptionsThatTrust(certificate, own));

        var reply = await client.SayAsync(new Line { Act = "certificate" }).ResponseAsync.Within("a reply");

        Assert.Equal("west.mesh", reply.Text);
    }

    [Fact]
    public async Task Say_WhenServerIsNotTrusted_Fails()
    {
        using var certificate = MakeCertificate("server");
        await using var server = await ParrotServer.StartAsync(certificate: certificate);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => server.OpenClient().SayAsync(new Line()).ResponseAsync.Within("a failure"));

        Assert.NotEqual(StatusCode.OK, failure.StatusCode);
    }

    [Fact]
    public async Task ForAddress_WhenCredentialsDoNotFitScheme_Throws()
    {
        await using var server = await ParrotServer.StartAsync();

        Assert.Throws<InvalidOperationException>(
            () => server.OpenChannel(new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.NotNull(server.OpenChannel(new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
    }

    private static GrpcChannelOptions OptionsThatTrust(X509Certificate2 certificate, X509Certificate2? own = null) => new()
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, remote, _, _) =>
                    remote is not null && remote.GetCertHashString() == certificate.GetCertHashString(),
                ClientCertificates = own is null ? [] : [own],
            },
        },
    };

    private static X509Certificate2 MakeCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName($"{name}.mesh");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
