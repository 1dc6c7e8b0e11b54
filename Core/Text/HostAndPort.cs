using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace EventMesh.Core;

/// <summary>Reads <c>host:port</c> and <c>[ipv6]:port</c>.</summary>
public static class HostAndPort
{
    /// <summary>Reads an address to dial: a name or a number, and a port of 0 to 65535; an IPv6 address stands in brackets.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out string? host, out int port)
    {
        host = null;
        port = 0;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > IPEndPoint.MaxPort)
        {
            return false;
        }

        var name = text![..colon];
        var isBracketed = name is ['[', .., ']'];
        host = isBracketed ? name[1..^1] : name;
        return Uri.CheckHostName(host) is var kind && (isBracketed ? kind == UriHostNameType.IPv6 : kind is UriHostNameType.Dns or UriHostNameType.IPv4);
    }

    /// <summary>An address to listen on: a numeric one, <c>localhost</c>, or <c>*</c> for every interface.</summary>
    public static bool TryParseListen(string? text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > IPEndPoint.MaxPort)
        {
            return false;
        }

        if (TryParseAddress(text![..colon], out var address))
        {
            endpoint = new IPEndPoint(address, port);
        }

        return endpoint is not null;
    }

    /// <summary>An address without a port, as <see cref="TryParseListen"/> takes it.</summary>
    public static bool TryParseAddress(string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = text switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.Any,
            _ => null,
        };
        return address is not null || IPAddress.TryParse(text is ['[', .., ']'] ? text[1..^1] : text, out address);
    }
}
