using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Metrics;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Transport;

namespace EventMesh.Hosting.Links;

/// <summary>Drives one <see cref="LinkSession"/> over one stream: gives it what happens, carries out what it wants.</summary>
/// <remarks>
/// <para>One loop makes all calls of the session. Beside it run a reader and a writer of the stream, which never wait for each other, and the reads and
/// stores that the session has asked for. A fault of any of them ends the link.</para>
/// <para>What waits for the loop is bounded: frames by bytes, topics by number, answers by what the session has under way.</para>
/// </remarks>
internal sealed partial class LinkRunner
{
    private const int MaxWaitingFrameBytes = 1024 * 1024;
    private const int FramesPerTurn = 16;

    private static readonly TimeSpan LagInterval = TimeSpan.FromSeconds(1);
    private static readonly TimePassed TimeInput = new();
    private static readonly FrameSent SentInput = new();

    private readonly LinkServices _services;
    private readonly LinkOptions _options;
    private readonly ILinkConnection _connection;
    private readonly ILinkOwner _owner;
    private readonly LinkSession _session;
    private readonly long _clockStart;
    private readonly Signal _signal = new();
    private readonly ConcurrentQueue<LinkInput> _inputs = new();
    private readonly FrameInbox _frames = new(MaxWaitingFrameBytes);
    private readonly AdvanceInbox _advances;
    private readonly List<LinkOutput> _outputs = [];
    private CancellationToken _ending;
    private long _givenInterest = -1;
    private volatile LinkView _view = LinkView.Empty;
    private CloseLink? _close;
    private TimeSpan _nextLagAt;

    /// <summary>Creates the runner of an open stream; <paramref name="key"/> names it to its owner.</summary>
    public LinkRunner(long key, ILinkConnection connection, LinkSession session, ILinkOwner owner, LinkServices services)
    {
        Key = key;
        _connection = connection;
        _session = session;
        _owner = owner;
        _services = services;
        _options = services.Options;
        _clockStart = services.ClockStart;
        _advances = new AdvanceInbox(_options.MaxTopics);
    }

    /// <summary>The owner's name for the link.</summary>
    public long Key { get; }

    /// <summary>The peer's entry, once the owner has identified it.</summary>
    public PeerEntry? Peer { get; set; }

    /// <summary>Who the peer is; set before the owner is asked about it.</summary>
    public LinkIdentity? Identity { get; private set; }

    /// <summary>The other end's address.</summary>
    public string RemoteAddress => _connection.RemoteAddress;

    /// <summary>What the link has done.</summary>
    public LinkCounters Counters => _session.Counters;

    /// <summary>How the link is doing, as of the last turn in which that changed.</summary>
    public LinkView View => _view;

    /// <summary>Runs the link to its end.</summary>
    /// <param name="cancellationToken">Cuts the stream, without a goodbye.</param>
    public async Task<CloseLink> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource();
        _ending = ending.Token;
        var reading = Task.Run(ReadStreamAsync, CancellationToken.None);
        var writing = Task.Run(() => WriteStreamAsync(reading), CancellationToken.None);
        try
        {
            await using var cut = cancellationToken.UnsafeRegister(static runner => ((LinkRunner)runner!).Cut(), this);
            var close = await DriveAsync().ConfigureAwait(false);
            _frames.Close();
            await EndStreamAsync(close, reading).ConfigureAwait(false);
            return close;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            _frames.Close();
            _outgoing.Complete();
            await _connection.DisposeAsync().ConfigureAwait(false);
            await Task.WhenAll(reading, writing, OperationsEndedAsync()).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the link to end. Thread-safe; a second call changes nothing.</summary>
    public void Close(MeshErrorCode code, string message, bool drain, TimeSpan? retryAfter = null) =>
        Post(new CloseRequested(code, message, retryAfter, drain));

    /// <summary>This node's interest has changed. Thread-safe.</summary>
    public void InterestChanged() => _signal.Set();

    /// <summary>A topic's read limit has moved. Thread-safe, quick.</summary>
    public void OnAdvance(TopicName topic)
    {
        if (_advances.Add(topic))
        {
            _signal.Set();
        }
    }

    private async Task<CloseLink> DriveAsync()
    {
        using var alarm = new Alarm(_services.Time, _clockStart, _signal);
        GiveInterest();
        Step(new StreamOpened());
        while (true)
        {
            bool hasMore;
            do
            {
                hasMore = TakeTurn() | Send();
            }
            while (hasMore && _close is null);

            if (_close is { } close)
            {
                PublishView();
                return close;
            }

            alarm.RingAt(_session.NextDeadline);
            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives the session something of everything that waits; false when there was nothing.</summary>
    private bool TakeTurn()
    {
        var any = TakeSent();
        // Only what waits now: answers that come at once must not keep the writer waiting for the frames that they brought.
        for (var count = _inputs.Count; count > 0 && _inputs.TryDequeue(out var input); count--)
        {
            Step(input);
            any = true;
        }

        for (var i = 0; i < FramesPerTurn && _session.WantsFrames && _frames.TryTake() is { } frame; i++)
        {
            Step(frame);
            any = true;
        }

        foreach (var topic in _advances.TakeAll())
        {
            Step(new TopicAdvanced(topic));
            any = true;
        }

        any |= GiveInterest();
        if (Now().Elapsed >= _session.NextDeadline)
        {
            Step(TimeInput);
            any = true;
        }

        return any;
    }

    private bool GiveInterest()
    {
        var interest = _services.Host.Interest;
        if (interest.Version == _givenInterest)
        {
            return false;
        }

        _givenInterest = interest.Version;
        Step(new LocalInterestChanged(interest.Version, interest.Patterns));
        return true;
    }

    private void Step(LinkInput input)
    {
        if (_close is not null)
        {
            return;
        }

        _session.Step(input, Now(), _outputs);
        for (var i = 0; i < _outputs.Count && _close is null; i++)
        {
            CarryOut(_outputs[i]);
        }

        _outputs.Clear();
        if (input is TimePassed or LocalInterestChanged || _view.IsInterestSynced != _session.IsInterestSynced)
        {
            PublishView();
        }
    }

    private void CarryOut(LinkOutput output)
    {
        switch (output)
        {
            case ReadTopic request:
                Start(_services.Operations.ReadAsync(request, _ending));
                break;
            case ReplicateItems request:
                Start(_services.Operations.StoreAsync(request, _ending));
                break;
            case IngestEvents request:
                Start(_services.Operations.IngestAsync(request, _ending));
                break;
            case LookUpPositions request:
                Post(_services.Operations.Reader.LookUp(request));
                break;
            case FindTopics request:
                Post(_services.Operations.Reader.Find(request));
                break;
            case ApplyRemoteInterest request:
                Start(_services.Operations.ApplyInterestAsync(request, (what, token) => _owner.ApplyInterestAsync(this, what, token), _ending));
                break;
            case PeerIdentified identified:
                Identify(identified.Identity);
                break;
            case LinkEstablished:
                _takesBundles = _session.PeerTakesBundles;
                _owner.Established(this);
                PublishView();
                break;
            case HealthChanged health:
                _owner.HealthChanged(this, health.To);
                PublishView();
                break;
            case LinkNotice notice:
                LogNotice(notice);
                break;
            case CloseLink close:
                _close = close;
                break;
            default:
                throw new InvalidOperationException($"The session wants {output.GetType().Name}, which this runner does not know.");
        }
    }

    private void Identify(LinkIdentity identity)
    {
        Identity = identity;
        var admission = _owner.Identify(this, identity);
        Post(admission.Memory is { } memory
            ? new PeerAdmitted(memory)
            : new CloseRequested(admission.Verdict.Code, admission.Verdict.Message, admission.Verdict.RetryAfter, Drain: false));
    }

    private void LogNotice(LinkNotice notice)
    {
        var peer = Identity?.Peer.Node.Value ?? RemoteAddress;
        if (notice.Kind is LinkNoticeKind.GapStored or LinkNoticeKind.ReadFailed or LinkNoticeKind.TopicPausedByPeer)
        {
            LinkLog.Notice(_services.Logger, peer, notice.Topic.Value, notice.Kind, notice.Code.ToLabel(), notice.Detail);
        }
        else
        {
            LinkLog.Warning(_services.Logger, peer, notice.Topic.Value, notice.Kind, notice.Code.ToLabel(), notice.Detail);
        }
    }

    private void PublishView()
    {
        // Counting the lag takes time with the number of topics, so not at every turn of a busy link.
        var now = Now().Elapsed;
        var lag = _view.Lag;
        if (now >= _nextLagAt)
        {
            _nextLagAt = now + LagInterval;
            lag = _session.MeasureLag(Now());
        }

        _view = new LinkView
        {
            InterestVersion = _givenInterest,
            IsInterestSynced = _session.IsInterestSynced,
            RoundTrip = _session.RoundTrip,
            QueuedFrames = _session.QueuedFrames,
            QueuedBytes = _session.QueuedBytes,
            Lag = lag,
        };
    }

    private LinkTime Now() => LinkTime.Read(_services.Time, _clockStart);

    private void Post(LinkInput input)
    {
        _inputs.Enqueue(input);
        _signal.Set();
    }
}
