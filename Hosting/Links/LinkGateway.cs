using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;
using EventMesh.PeerLink.Transport;

namespace EventMesh.Hosting.Links;

/// <summary>The part of a silo that listens for peers, dials them, and runs the links. Thread-safe.</summary>
/// <remarks>
/// At most <see cref="MaxLinks"/> streams are open and <see cref="MaxPeers"/> peers known; beyond, a stream is refused with <c>TooManyPeers</c>.
/// </remarks>
internal sealed partial class LinkGateway(
    LinkServices services, ILinkTransport transport, IPeerOwnership ownership, IPeerBook book, IReadOnlyList<PeerAddress> addresses)
    : IMeshNodePart, ILinkAcceptor, IPeerStatusSource, ILinkOwner, IDisposable
{
    /// <summary>Most streams at once, those without a handshake yet included.</summary>
    public const int MaxLinks = 1024;

    /// <summary>Most peers that are known.</summary>
    public const int MaxPeers = 1024;

    private readonly ConcurrentDictionary<NodeId, PeerEntry> _peers = new();
    private readonly Dictionary<NodeId, string> _configured = addresses.ToDictionary(static peer => peer.Peer, static peer => peer.Address);
    private readonly ConcurrentDictionary<long, RunningLink> _links = new();
    private readonly ConcurrentBag<Task> _loops = [];
    private readonly CancellationTokenSource _stopDialing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cut = new();
    private IDisposable? _interestWatch;
    private long _lastKey;
    private volatile bool _isOpen;

    /// <inheritdoc/>
    public bool IsInterestSynced => _peers.Values.All(static peer => peer.IsInterestSynced);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LinkLog.GatewayStarted(services.Logger, services.Host.Identity.ToString(), string.Join(", ", addresses.Select(static peer => $"{peer.Peer}={peer.Address}")));
        _interestWatch = services.Host.OnInterestChanged(OnInterestChanged);
        // Before anybody is let in: who is kept off stays out from the first moment.
        Volatile.Write(ref _notes, await book.ReadAsync(cancellationToken).ConfigureAwait(false));
        _isOpen = true;
        foreach (var id in _configured.Keys)
        {
            AddPeer(id);
        }

        Apply(_notes);
        foreach (var peer in _peers.Values)
        {
            Configure(peer);
        }

        _loops.Add(FollowBookAsync(_stopDialing.Token));
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        _interestWatch?.Dispose();
        await _stopDialing.CancelAsync().ConfigureAwait(false);
        foreach (var link in _links.Values)
        {
            link.Runner.Close(MeshErrorCode.LinkClosed, "The node is stopping.", drain: true);
        }

        await EndLinksAsync(cancellationToken).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        LinkLog.GatewayStopped(services.Logger, services.Host.Identity.ToString());
    }

    /// <inheritdoc/>
    public async Task AcceptAsync(ILinkConnection connection, CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            throw new EventMeshException(MeshErrorCode.NodeNotReady, "The node is starting or stopping; try again.");
        }

        if (_links.Count >= MaxLinks)
        {
            throw new EventMeshException(MeshErrorCode.TooManyPeers, $"There are already {MaxLinks} links.");
        }

        var close = await RunAsync(CreateLink(connection, LinkRole.Listener, 0, default), cancellationToken).ConfigureAwait(false);
        if (!close.ByPeer && close.Code is not (MeshErrorCode.None or MeshErrorCode.LinkClosed))
        {
            throw new EventMeshException(close.Code, close.Message);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeerReport> GetPeers() => [.. _peers.Values.OrderBy(static peer => peer.Id).Select(peer => peer.Report(ownership.Silo))];

    /// <summary>Every peer's measurements at this moment.</summary>
    public IEnumerable<PeerSnapshot> Measure() => _peers.Values.Select(static peer => peer.Measure());

    /// <summary>Creates a link over an open stream; <see cref="RunAsync"/> runs it.</summary>
    public LinkRunner CreateLink(ILinkConnection connection, LinkRole role, long number, NodeId expectedPeer)
    {
        var session = new LinkSession(services.Host.Identity, role, number, expectedPeer, services.Options);
        return new LinkRunner(Interlocked.Increment(ref _lastKey), connection, session, this, services);
    }

    /// <summary>Runs a link to its end, whatever that is, and tells its peer's entry.</summary>
    public async Task<CloseLink> RunAsync(LinkRunner link, CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _links[link.Key] = new RunningLink(link, ended.Task);
        if (!_isOpen)
        {
            // The stop has begun while the stream was being opened, and may not have seen this link.
            link.Close(MeshErrorCode.LinkClosed, "The node is stopping.", drain: true);
        }

        try
        {
            var close = await RunToEndAsync(link, cut.Token).ConfigureAwait(false);
            if (link.Peer is { } peer)
            {
                LinkLog.LinkEnded(services.Logger, link.Key, peer.Id.Value, close.Code.ToLabel(), close.Message);
                await peer.LinkEndedAsync(link, close).ConfigureAwait(false);
            }
            else if (!close.ByPeer && close.Code != MeshErrorCode.None)
            {
                LinkLog.LinkRefused(services.Logger, link.Key, link.RemoteAddress, close.Code.ToLabel(), close.Message);
            }

            return close;
        }
        finally
        {
            _links.TryRemove(link.Key, out _);
            ended.SetResult();
        }
    }

    LinkAdmission ILinkOwner.Identify(LinkRunner link, LinkIdentity identity)
    {
        var id = identity.Peer.Node;
        if (!_peers.TryGetValue(id, out var peer))
        {
            if (_peers.Count >= MaxPeers)
            {
                return new LinkAdmission(
                    new LinkVerdict(false, MeshErrorCode.TooManyPeers, $"There are already {MaxPeers} peers.", null, null, MeshErrorCode.None), null);
            }

            peer = AddPeer(id);
            Configure(peer);
        }

        return peer.Identify(link, identity);
    }

    void ILinkOwner.Established(LinkRunner link)
    {
        var identity = link.Identity!.Value;
        LinkLog.LinkEstablished(services.Logger, link.Key, identity.Peer.ToString(), link.RemoteAddress, identity.Role, identity.LinkNumber);
        link.Peer!.ReportDue.Set();
    }

    void ILinkOwner.HealthChanged(LinkRunner link, LinkHealth health) => link.Peer?.HealthChanged(link, health);

    ValueTask<long> ILinkOwner.ApplyInterestAsync(LinkRunner link, ApplyRemoteInterest request, CancellationToken cancellationToken) =>
        link.Peer!.ApplyInterestAsync(link, request, cancellationToken);

    public void Dispose()
    {
        _stopDialing.Dispose();
        _stopping.Dispose();
        _cut.Dispose();
        foreach (var peer in _peers.Values)
        {
            peer.Dispose();
        }
    }

    private async Task<CloseLink> RunToEndAsync(LinkRunner link, CancellationToken cancellationToken)
    {
        try
        {
            return await link.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Whatever went wrong in one link must not touch the others, and its peer is dialled again.
            LinkLog.LinkFaulted(services.Logger, link.Key, fault);
            return new CloseLink(MeshErrorCode.LinkClosed, "A fault in this program.", null, ByPeer: false);
        }
    }

    private async Task EndLinksAsync(CancellationToken cancellationToken)
    {
        var ends = Task.WhenAll(_links.Values.Select(static link => link.Ended));
        try
        {
            await ends.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            LinkLog.DrainCutShort(services.Logger, _links.Count);
            await _cut.CancelAsync().ConfigureAwait(false);
            await ends.ConfigureAwait(false);
        }
    }

    private PeerEntry AddPeer(NodeId id)
    {
        var added = new PeerEntry(id, services);
        var peer = _peers.GetOrAdd(id, added);
        if (peer == added)
        {
            _loops.Add(new PeerReporter(peer, services, ownership).RunAsync(_stopping.Token));
        }

        return peer;
    }

    private void OnInterestChanged()
    {
        foreach (var link in _links.Values)
        {
            link.Runner.InterestChanged();
        }
    }

    private readonly record struct RunningLink(LinkRunner Runner, Task Ended);
}
