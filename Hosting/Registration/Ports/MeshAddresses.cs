using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EventMesh.Hosting;

/// <summary>Where this silo listens. A port that was configured as 0 is known once the web server has started.</summary>
public sealed class MeshAddresses
{
    private ListenOptions? _peer;
    private ListenOptions? _client;

    /// <summary>Where peers dial; null when the silo does not listen for them.</summary>
    public IPEndPoint? Peer => _peer?.IPEndPoint;

    /// <summary>Where clients dial; null when the silo has no web server.</summary>
    public IPEndPoint? Client => _client?.IPEndPoint;

    internal void SetPeer(ListenOptions listen) => _peer = listen;

    internal void SetClient(ListenOptions listen) => _client = listen;
}
