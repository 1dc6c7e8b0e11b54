using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Peers;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.Hosting.Links;

/// <summary>One peer as this silo sees it: its supervisor, its current link, and what all its links have done. Thread-safe.</summary>
internal sealed class PeerEntry : IDisposable
{
    private const string HeldMessage = "An operator keeps this peer off.";

    private readonly Lock _gate = new();
    private readonly LinkServices _services;
    private readonly PeerSupervisor _supervisor;
    private readonly SemaphoreSlim _interestGate = new(1, 1);
    private LinkRunner? _current;
    private LinkTotals _ended;
    private LinkIdentity _lastIdentity;
    private string _lastError = "";
    private bool _isHeld;
    private bool _hasDialer;

    /// <summary>Creates the entry of <paramref name="id"/>, which is not dialled until it is given an address.</summary>
    public PeerEntry(NodeId id, LinkServices services)
    {
        Id = id;
        _services = services;
        var self = services.Host.Identity;
        // One source a peer: jitter needs no secrecy, but two nodes or two peers must not draw the same numbers.
        var random = new Random(HashCode.Combine(self.Node, self.Incarnation, id));
        _supervisor = new PeerSupervisor(self, id, dials: false, services.Options, random.NextDouble, OnTransition);
    }

    /// <summary>The peer.</summary>
    public NodeId Id { get; }

    /// <summary>Where it is dialled; empty when it is not.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Set when there may be something to dial for.</summary>
    public Signal DialChanged { get; } = new();

    /// <summary>Set when there is something to report.</summary>
    public Signal ReportDue { get; } = new();

    /// <summary>The link that stays; null while there is none.</summary>
    public LinkRunner? Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>When to call <see cref="TryBeginDial"/>; the greatest value while there is nothing to dial for.</summary>
    public TimeSpan NextDialAt
    {
        get
        {
            lock (_gate)
            {
                return _supervisor.NextDialAt ?? TimeSpan.MaxValue;
            }
        }
    }

    /// <summary>Takes where to dial the peer (empty: nowhere), whether it is kept off, and what earlier lives of this node and other silos knew of it.</summary>
    public void Configure(string address, PeerNote note)
    {
        LinkRunner? ended;
        lock (_gate)
        {
            var isChanged = Address != address || _isHeld != note.IsHeld;
            var isWithdrawn = address.Length == 0 && Address.Length > 0 && _lastIdentity.Role == LinkRole.Dialer;
            ended = isChanged && (note.IsHeld || isWithdrawn) ? _current : null;
            (Address, _isHeld) = (address, note.IsHeld);
            _supervisor.Recall(new Incarnation(note.Incarnation), note.LinkNumber);
            _supervisor.Dials = address.Length > 0 && !note.IsHeld;
            if (!isChanged)
            {
                return;
            }

            _supervisor.DialNow();
        }

        LinkLog.PeerConfigured(_services.Logger, Id.Value, address, note.IsHeld);
        ended?.Close(
            note.IsHeld ? MeshErrorCode.PeerHeld : MeshErrorCode.LinkClosed, note.IsHeld ? HeldMessage : "The peer's address was taken back.", drain: false);
        DialChanged.Set();
        ReportDue.Set();
    }

    /// <summary>Forgets the peer's lives: a node that comes under its id is taken for it.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _supervisor.Forget();
        }
    }

    /// <summary>True for the one caller that has to run the loop which dials the peer.</summary>
    public bool TryBeginDialing()
    {
        lock (_gate)
        {
            return !_hasDialer && (_hasDialer = true);
        }
    }

    /// <summary>Begins a dial if it is time; the result is the link's number.</summary>
    public long? TryBeginDial()
    {
        lock (_gate)
        {
            return _supervisor.TryBeginDial(Now());
        }
    }

    /// <summary>A dial ended before the peer was identified.</summary>
    public void DialFailed(MeshErrorCode code, string message, TimeSpan? retryAfter, bool byPeer)
    {
        LinkLog.DialFailed(_services.Logger, Id.Value, Address, code.ToLabel(), message);
        lock (_gate)
        {
            var stoppedBy = _supervisor.StoppedBy;
            _supervisor.DialFailed(Now(), code, retryAfter, byPeer);
            _lastError = $"{code.ToLabel()} {message}";
            LogIfStopped(stoppedBy);
        }
    }

    /// <summary>Decides on a link whose peer is this one.</summary>
    public LinkAdmission Identify(LinkRunner link, LinkIdentity identity)
    {
        LinkVerdict verdict;
        LinkRunner? replaced = null;
        lock (_gate)
        {
            if (_isHeld)
            {
                // Not the link's peer: the link ends as if nobody had been identified.
                return new LinkAdmission(
                    new LinkVerdict(false, MeshErrorCode.PeerHeld, HeldMessage, _services.Options.BackoffMax, null, MeshErrorCode.None), null);
            }

            verdict = _supervisor.Identified(link.Key, identity, Now());
            link.Peer = this;
            if (verdict.Admit)
            {
                replaced = verdict.Replaced is null ? null : _current;
                _current = link;
                _lastIdentity = identity;
            }
        }

        replaced?.Close(verdict.ReplacedCode, "A newer link to this node has taken its place.", drain: false);
        return new LinkAdmission(verdict, verdict.Admit ? _supervisor.Memory : null);
    }

    /// <summary>The session's view of its link's health has changed.</summary>
    public void HealthChanged(LinkRunner link, LinkHealth health)
    {
        lock (_gate)
        {
            _supervisor.HealthReported(link.Key, health, MeshErrorCode.None, "");
        }
    }

    /// <summary>An identified link is over. Ends when the peer's interest no longer wakes anybody, unless another link has taken over.</summary>
    public async Task LinkEndedAsync(LinkRunner link, CloseLink close)
    {
        lock (_gate)
        {
            var stoppedBy = _supervisor.StoppedBy;
            _supervisor.LinkEnded(link.Key, close, Now());
            _current = _current == link ? null : _current;
            _ended = _ended.Plus(link.Counters);
            _lastError = close.Code == MeshErrorCode.None ? close.Message : $"{close.Code.ToLabel()} {close.Message}";
            LogIfStopped(stoppedBy);
        }

        DialChanged.Set();
        await WithdrawInterestAsync().ConfigureAwait(false);
    }

    /// <summary>Makes the patterns the peer's interest, as long as <paramref name="link"/> is its link.</summary>
    public async ValueTask<long> ApplyInterestAsync(LinkRunner link, ApplyRemoteInterest request, CancellationToken cancellationToken)
    {
        await _interestGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Current == link
                ? await _services.Host.SetRemoteInterestAsync(Id, request.Patterns, advance => link.OnAdvance(advance.Topic), cancellationToken).ConfigureAwait(false)
                : throw new EventMeshException(MeshErrorCode.LinkClosed, "Another link to the peer has taken over.");
        }
        finally
        {
            _interestGate.Release();
        }
    }

    /// <summary>Closes the current link at an operator's wish; it is dialled again.</summary>
    public void CloseByOperator() => Current?.Close(MeshErrorCode.LinkClosed, "An operator has marked the peer unhealthy.", drain: false);

    /// <summary>Whether there is no link, or the peer has applied this node's newest interest.</summary>
    public bool IsInterestSynced => Current is not { } link || IsSynced(link.View);

    /// <summary>The peer's measurements now.</summary>
    public PeerSnapshot Measure()
    {
        lock (_gate)
        {
            return new PeerSnapshot(
                Id, _supervisor.Health, _current?.View ?? LinkView.Empty, _ended.Plus(_current?.Counters), _supervisor.Reconnects, _current?.Counters.SendLatency);
        }
    }

    /// <summary>What is said of the peer now.</summary>
    public PeerReport Report(string silo)
    {
        var interest = _supervisor.Memory.Interest;
        lock (_gate)
        {
            return CreateReport(silo, _ended.Plus(_current?.Counters), _current?.View ?? LinkView.Empty) with
            {
                RemoteInterest = [.. interest.Select(static pattern => pattern.Value)],
            };
        }
    }

    public void Dispose() => _interestGate.Dispose();

    private PeerReport CreateReport(string silo, LinkTotals totals, LinkView view) => new()
    {
        Peer = Id.Value,
        Silo = silo,
        Address = _current?.RemoteAddress ?? Address,
        Health = (PeerHealth)(int)_supervisor.Health,
        Incarnation = _lastIdentity.Peer.Incarnation.Value,
        LinkNumber = _lastIdentity.LinkNumber,
        IsDialer = _current is not null && _lastIdentity.Role == LinkRole.Dialer,
        IsInterestSynced = _current is not null && IsSynced(view),
        RemoteInterest = [],
        QueuedFrames = view.QueuedFrames,
        QueuedBytes = view.QueuedBytes,
        EventsSent = totals.EventsSent,
        EventsReceived = totals.EventsReceived,
        EventsAcked = totals.EventsAcked,
        DuplicatesDropped = totals.Duplicates,
        Gaps = totals.Gaps,
        Resumes = totals.Resumes,
        BytesSent = totals.BytesSent,
        BytesReceived = totals.BytesReceived,
        Reconnects = _supervisor.Reconnects,
        LagEvents = view.Lag.Events,
        RoundTripMicros = view.RoundTrip is { } roundTrip ? (long)roundTrip.TotalMicroseconds : -1,
        ReportedUnixMs = _services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        LastError = _lastError,
        IsHeld = _isHeld,
    };

    private bool IsSynced(LinkView view) => view.IsInterestSynced && view.InterestVersion == _services.Host.Interest.Version;

    private async Task WithdrawInterestAsync()
    {
        await _interestGate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Current is null)
            {
                await _services.Host.SetRemoteInterestAsync(Id, [], static _ => { }, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is EventMeshException or OperationCanceledException)
        {
            // The node is stopping, or a silo does not answer: interest without a link wakes nobody, and the next link states its own.
            LinkLog.InterestNotCleared(_services.Logger, Id.Value, error);
        }
        finally
        {
            _interestGate.Release();
        }
    }

    /// <summary>Called within the supervisor's calls, so under the gate.</summary>
    private void OnTransition(HealthTransition transition)
    {
        LinkLog.HealthChanged(
            _services.Logger, Id.Value, transition.From, transition.To, transition.Code == MeshErrorCode.None ? "" : transition.Code.ToLabel(), transition.Message);
        ReportDue.Set();
    }

    private void LogIfStopped(MeshErrorCode before)
    {
        if (_supervisor.StoppedBy is var stoppedBy && stoppedBy != before && stoppedBy != MeshErrorCode.None)
        {
            LinkLog.DialingStopped(_services.Logger, Id.Value, stoppedBy.ToLabel());
        }
    }

    private LinkTime Now() => LinkTime.Read(_services.Time, _services.ClockStart);
}
