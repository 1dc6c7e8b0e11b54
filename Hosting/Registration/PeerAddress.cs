using System.Diagnostics.CodeAnalysis;
using EventMesh.Core;
using EventMesh.Core.Identity;

namespace EventMesh.Hosting;

/// <summary>A peer to dial, as configured: <c>id=host:port</c>.</summary>
public readonly record struct PeerAddress(NodeId Peer, string Host, int Port)
{
    /// <summary>What a transport dials.</summary>
    public string Address => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Reads <c>id=host:port</c>; an IPv6 address stands in brackets.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerAddress address)
    {
        address = default;
        var equals = text?.IndexOf('=', StringComparison.Ordinal) ?? -1;
        if (equals < 0
            || !NodeId.TryParse(text![..equals].Trim(), out var peer)
            || !HostAndPort.TryParse(text[(equals + 1)..].Trim(), out var host, out var port)
            || port == 0)
        {
            return false;
        }

        address = new PeerAddress(peer, host, port);
        return true;
    }

    /// <summary>The peers of <paramref name="options"/>, which have been validated.</summary>
    public static IReadOnlyList<PeerAddress> From(EventMeshOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [.. Entries(options).Select(static text => TryParse(text, out var address) ? address : throw new FormatException(text))];
    }

    internal static IEnumerable<string> Entries(EventMeshOptions options) => options.ConnectPeer
        .SelectMany(static entry => (entry ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
