using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Metrics;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Sessions;

/// <summary>What the parts of one session share: who is who, the moment and the outputs of the current step.</summary>
internal sealed class LinkContext(NodeIdentity self, LinkOptions options, ILinkProbe probe)
{
    private static readonly ICollection<LinkOutput> Nowhere = Array.Empty<LinkOutput>();
    private ICollection<LinkOutput> _outputs = Nowhere;
    private long _lastToken;

    public NodeIdentity Self { get; } = self;

    public LinkOptions Options { get; } = options;

    public LinkCounters Counters { get; } = new();

    /// <summary>Who the peer is; valid once it is identified.</summary>
    public LinkIdentity Identity { get; set; }

    /// <summary>What is remembered of the peer; set when it is admitted.</summary>
    public PeerMemory Memory { get; set; } = new(1);

    public NodeId Peer => Identity.Peer.Node;

    public bool IsReference => Identity.IsReference;

    public TimeSpan Now { get; private set; }

    public long UnixMs { get; private set; }

    /// <summary>The first rule that the peer broke; the session closes on it at the end of the step.</summary>
    public (MeshErrorCode Code, string Message)? Violation { get; private set; }

    public void Begin(LinkTime now, ICollection<LinkOutput> outputs)
    {
        Begin(now);
        _outputs = outputs;
    }

    /// <summary>Begins a call that has no outputs.</summary>
    public void Begin(LinkTime now)
    {
        // A clock that steps back would make timers fire twice; the owner's cannot, but costs nothing to hold.
        Now = now.Elapsed > Now ? now.Elapsed : Now;
        UnixMs = now.UnixMs;
    }

    public void End() => _outputs = Nowhere;

    public long NextToken() => ++_lastToken;

    public void Emit(LinkOutput output) => _outputs.Add(output);

    public void Notice(LinkNoticeKind kind, string detail, TopicName topic = default, MeshErrorCode code = MeshErrorCode.None) =>
        _outputs.Add(new LinkNotice(kind, code, topic, detail));

    public void Hit(LinkBranch branch) => probe.Hit(branch);

    public void Violate(MeshErrorCode code, string message) => Violation ??= (code, message);
}
