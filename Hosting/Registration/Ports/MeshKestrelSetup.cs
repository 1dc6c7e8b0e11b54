using System.Net;
using EventMesh.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Ports;

/// <summary>Adds the peer port and the client port to the web server of the host.</summary>
/// <remarks>
/// A server with an endpoint in code ignores the addresses of its configuration (<c>urls</c>, <c>http_ports</c>), so those are added as endpoints
/// as well: a host that serves something of its own goes on doing so.
/// </remarks>
internal sealed class MeshKestrelSetup(
    IOptions<EventMeshOptions> options, IConfiguration configuration, MeshAddresses addresses, Http2Handover handover)
    : IConfigureOptions<KestrelServerOptions>
{
    /// <summary>Above every credit window, so that a peer with credit is never held up by the transport.</summary>
    private const int WindowBytes = 8 * 1024 * 1024;

    public void Configure(KestrelServerOptions server)
    {
        var http2 = server.Limits.Http2;
        http2.InitialStreamWindowSize = Math.Max(http2.InitialStreamWindowSize, WindowBytes);
        http2.InitialConnectionWindowSize = Math.Max(http2.InitialConnectionWindowSize, WindowBytes);
        ListenToPeers(server);
        ListenToClients(server);
        foreach (var address in ConfiguredAddresses())
        {
            Listen(server, address);
        }
    }

    private void ListenToPeers(KestrelServerOptions server)
    {
        if (HostAndPort.TryParseListen(options.Value.PeerListen, out var endpoint))
        {
            server.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                Mark(listen, MeshPort.Peer);
                addresses.SetPeer(listen);
            });
        }
    }

    private void ListenToClients(KestrelServerOptions server)
    {
        if (!HostAndPort.TryParseAddress(options.Value.HttpAddress, out var address))
        {
            return;
        }

        server.Listen(new IPEndPoint(address, options.Value.HttpPort), listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            Mark(listen, MeshPort.Client);
            listen.Use(next => connection => handover.OnConnectionAsync(connection, next));
            addresses.SetClient(listen);
        });
        server.Listen(handover.EndPoint, static listen => listen.Protocols = HttpProtocols.Http2);
    }

    private static void Mark(ListenOptions listen, MeshPort port) => listen.Use(next => connection =>
    {
        connection.Features.Set(port);
        return next(connection);
    });

    private IEnumerable<BindingAddress> ConfiguredAddresses()
    {
        var urls = Split("urls");
        if (urls.Length > 0)
        {
            return urls.Select(BindingAddress.Parse);
        }

        return Split("http_ports").Select(static port => BindingAddress.Parse($"http://*:{port}"))
            .Concat(Split("https_ports").Select(static port => BindingAddress.Parse($"https://*:{port}")));
    }

    private string[] Split(string key) =>
        (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void Listen(KestrelServerOptions server, BindingAddress address)
    {
        void Secure(ListenOptions listen)
        {
            if (address.Scheme == Uri.UriSchemeHttps)
            {
                listen.UseHttps();
            }
        }

        if (address.IsUnixPipe)
        {
            server.ListenUnixSocket(address.UnixPipePath, Secure);
        }
        else if (HostAndPort.TryParseAddress(address.Host, out var ip))
        {
            server.Listen(ip, address.Port, Secure);
        }
        else
        {
            // Any other name stands for every interface, as it does for the web server itself.
            server.ListenAnyIP(address.Port, Secure);
        }
    }
}
