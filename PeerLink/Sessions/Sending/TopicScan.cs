using EventMesh.Core.Topics;
using EventMesh.PeerLink.Sessions.Interest;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Walks through this node's topics page by page: after interest has changed, and once a sweep interval for what lost wake-ups left
/// behind.</summary>
/// <remarks>A sweep over a log that has flushed nothing since the last whole one ended looks at nothing.</remarks>
internal sealed class TopicScan(LinkContext context, RemotePatterns patterns)
{
    private const int PageSize = 1024;

    private long _token;
    private TopicName _after;
    private long _version = FindTopics.UnknownVersion;
    private long _known = FindTopics.UnknownVersion;
    private bool _restart;
    private bool _enabled;

    /// <summary>When the next sweep begins.</summary>
    public TimeSpan NextAt { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Interest has changed: begins again at the first topic, at once.</summary>
    public void Restart()
    {
        _enabled = patterns.All.Count > 0;
        _after = default;
        _known = FindTopics.UnknownVersion;
        _restart = _token != 0;
        NextAt = _enabled ? context.Now : TimeSpan.MaxValue;
    }

    public void PassTime()
    {
        if (_enabled && _token == 0 && NextAt <= context.Now)
        {
            Ask();
        }
    }

    /// <summary>Takes a page; false when it is not the one that was asked for last, or was overtaken by a change of interest.</summary>
    public bool TryTake(TopicsFound found)
    {
        if (found.Token != _token)
        {
            context.Hit(LinkBranch.StaleAnswer);
            return false;
        }

        _token = 0;
        if (!_restart)
        {
            return true;
        }

        context.Hit(LinkBranch.ScanRestarted);
        _restart = false;
        PassTime();
        return false;
    }

    /// <summary>Goes on after a page: with the next one at once, or with a new sweep later.</summary>
    public void GoOn(TopicsFound page)
    {
        _version = _after.Value.Length == 0 ? page.Version : _version;
        _known = page.IsLast ? _version : _known;
        _after = page.IsLast ? default : page.Last;
        NextAt = page.IsLast ? context.Now + context.Options.SweepInterval : context.Now;
        PassTime();
    }

    /// <summary>There is no place for another topic: goes on after <paramref name="last"/>, or with the same page, when the next sweep is
    /// due.</summary>
    public void GoOnLater(TopicName? last)
    {
        _after = last ?? _after;
        _known = FindTopics.UnknownVersion;
        _version = FindTopics.UnknownVersion;
        NextAt = context.Now + context.Options.SweepInterval;
    }

    private void Ask()
    {
        _token = context.NextToken();
        NextAt = TimeSpan.MaxValue;
        context.Hit(_after.Value.Length == 0 ? LinkBranch.ScanBegun : LinkBranch.ScanContinued);
        context.Emit(new FindTopics(_token, _after, PageSize, patterns.All, _after.Value.Length == 0 ? _known : FindTopics.UnknownVersion));
    }
}
