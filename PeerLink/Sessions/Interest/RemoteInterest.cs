using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Interest;

/// <summary>Takes the peer's interest and has it applied on all of this node's silos, one state at a time; what comes meanwhile is applied
/// next.</summary>
internal sealed class RemoteInterest(LinkContext context, RemotePatterns patterns)
{
    private readonly HashSet<TopicPattern> _wanted = [];
    private long _version;
    private long _token;
    private long _applyingVersion;
    private TopicPattern[] _applying = [];
    private bool _isDirty;
    private bool _keepTimes;

    /// <summary>When a failed attempt is repeated.</summary>
    public TimeSpan RetryAt { get; private set; } = TimeSpan.MaxValue;

    /// <summary>A reference peer that dials does not repeat its interest after a reconnect: what it wanted last still holds. It goes on
    /// live.</summary>
    public void Begin()
    {
        _keepTimes = !context.IsReference;
        if (!context.IsReference)
        {
            return;
        }

        context.Memory.ForgetAcks();
        _wanted.UnionWith(context.Memory.Interest);
        _isDirty = _wanted.Count > 0;
        context.Hit(_isDirty ? LinkBranch.ReferenceInterestRecalled : LinkBranch.ReferenceInterestUnknown);
        Apply();
    }

    public void Received(InterestSnapshotFrame frame)
    {
        if (!IsOwn(frame.Node))
        {
            return;
        }

        if (frame.Patterns.Count > context.Options.MaxInterestPatterns)
        {
            TooMuch(frame.Patterns.Count);
            return;
        }

        context.Hit(LinkBranch.InterestSnapshotReceived);
        _wanted.Clear();
        foreach (var text in frame.Patterns)
        {
            if (text.Length > 0 && TryRead(text, out var pattern))
            {
                _wanted.Add(pattern);
            }
        }

        Changed(frame.Version);
    }

    public void Received(InterestUpdateFrame frame)
    {
        if (!IsOwn(frame.Node))
        {
            return;
        }

        if (TryRead(frame.Pattern, out var pattern))
        {
            context.Hit(frame.IsSubscribe ? LinkBranch.InterestAdded : LinkBranch.InterestRemoved);
            _ = frame.IsSubscribe ? _wanted.Add(pattern) : _wanted.Remove(pattern);
        }

        if (_wanted.Count > context.Options.MaxInterestPatterns)
        {
            TooMuch(_wanted.Count);
            return;
        }

        Changed(frame.Version);
    }

    /// <summary>Takes the answer of the silos; true when the peer's applied interest has changed. The frame confirms it to the peer.</summary>
    public bool TryTake(RemoteInterestApplied answer, out InterestAppliedFrame? confirmation)
    {
        confirmation = null;
        if (answer.Token != _token)
        {
            context.Hit(LinkBranch.StaleAnswer);
            return false;
        }

        _token = 0;
        if (answer.Code != MeshErrorCode.None)
        {
            context.Hit(LinkBranch.InterestApplyFailed);
            _isDirty = true;
            RetryAt = context.Now + context.Options.PauseDelay;
            return false;
        }

        context.Hit(LinkBranch.InterestApplied);
        context.Memory.SetInterest(_applying, answer.SinceUnixMs, _keepTimes);
        _keepTimes = true;
        patterns.Replace(_applying, pattern => context.Memory.Since(pattern) ?? answer.SinceUnixMs);
        confirmation = context.IsReference ? null : new InterestAppliedFrame(_applyingVersion);
        Apply();
        return true;
    }

    public void PassTime()
    {
        if (RetryAt <= context.Now)
        {
            RetryAt = TimeSpan.MaxValue;
            Apply();
        }
    }

    private void Changed(long version)
    {
        _version = Math.Max(_version, version);
        _isDirty = true;
        Apply();
    }

    private void Apply()
    {
        if (!_isDirty || _token != 0 || RetryAt != TimeSpan.MaxValue)
        {
            return;
        }

        _isDirty = false;
        _token = context.NextToken();
        _applyingVersion = _version;
        _applying = [.. _wanted.Order()];
        context.Emit(new ApplyRemoteInterest(_token, _applying));
    }

    private bool IsOwn(string node)
    {
        if (string.Equals(node, context.Peer.Value, StringComparison.Ordinal))
        {
            return true;
        }

        Skip($"Interest of '{Printable.Clip(node)}' came from '{context.Peer}' and is ignored.");
        return false;
    }

    private bool TryRead(string text, out TopicPattern pattern)
    {
        if (TopicPattern.TryParse(text, out pattern))
        {
            return true;
        }

        Skip($"Pattern '{Printable.Clip(text)}' cannot be read and is ignored.");
        return false;
    }

    private void Skip(string why)
    {
        context.Hit(LinkBranch.InterestSkipped);
        context.Counters.InterestSkipped++;
        context.Notice(LinkNoticeKind.InterestSkipped, why, default, MeshErrorCode.InvalidPattern);
    }

    private void TooMuch(int count)
    {
        context.Hit(LinkBranch.TooMuchInterest);
        context.Violate(
            MeshErrorCode.TooMuchInterest, $"The peer wants {count} patterns; {context.Options.MaxInterestPatterns} are allowed.");
    }
}
