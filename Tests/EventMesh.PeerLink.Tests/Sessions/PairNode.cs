using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Tests.Sessions;

/// <summary>A record of a <see cref="PairNode"/>: an event, or a gap up to its position.</summary>
internal sealed record PairRecord(NodeId Origin, Position Previous, Position Position, GapReason? Gap, long TimeMs, byte[]? Body);

/// <summary>One node of a pair: logs in lists, and the requests of its session, answered when the simulation says so.</summary>
internal sealed class PairNode(NodeIdentity identity, Random random)
{
    private readonly Dictionary<TopicName, List<PairRecord>> _logs = [];
    private readonly Dictionary<TopicName, int> _flushed = [];

    public NodeIdentity Identity { get; private set; } = identity;

    public PeerMemory Memory { get; private set; } = new(100);

    public LinkSession? Session { get; set; }

    /// <summary>Outputs of the session that were not carried out yet.</summary>
    public List<LinkOutput> Requests { get; } = [];

    /// <summary>Frames that the session gave out, on their way.</summary>
    public Queue<LinkFrame> Wire { get; } = new();

    public HashSet<TopicPattern> Interest { get; } = [];

    public long InterestVersion { get; set; }

    public bool IsLogFull { get; set; }

    public long ClockMs { get; set; } = 1_000;

    /// <summary>When each topic was first wanted by the peer without a break since, as this node applied it; the truth for the checker.</summary>
    public Dictionary<TopicPattern, long> PeerWantsSince { get; } = [];

    public IReadOnlyList<PairRecord> Log(TopicName topic) => _logs.GetValueOrDefault(topic) ?? [];

    public IEnumerable<TopicName> Topics => _logs.Keys;

    public int Flushed(TopicName topic) => _flushed.GetValueOrDefault(topic);

    public bool HasUnflushed => _logs.Any(log => Flushed(log.Key) < log.Value.Count);

    public Position Held(TopicName topic, NodeId origin, bool flushedOnly)
    {
        var log = Log(topic);
        for (var i = (flushedOnly ? Flushed(topic) : log.Count) - 1; i >= 0; i--)
        {
            if (log[i].Origin == origin)
            {
                return log[i].Position;
            }
        }

        return Position.None;
    }

    public void Publish(TopicName topic)
    {
        var previous = Held(topic, Identity.Node, flushedOnly: false);
        var position = new Position(Identity.Incarnation, previous.NextSequence);
        Append(topic, new PairRecord(Identity.Node, previous, position, null, ClockMs, [0, (byte)random.Next(256), (byte)random.Next(256)]));
    }

    public IEnumerable<TopicName> Flush()
    {
        foreach (var topic in _logs.Keys.Where(topic => Flushed(topic) < Log(topic).Count).ToArray())
        {
            _flushed[topic] = Log(topic).Count;
            yield return topic;
        }
    }

    /// <summary>The process dies and starts again: what was not flushed is gone, and so is all that was only remembered.</summary>
    public void Crash()
    {
        foreach (var (topic, log) in _logs)
        {
            log.RemoveRange(Flushed(topic), log.Count - Flushed(topic));
        }

        Identity = Identity with { Incarnation = new Incarnation(Identity.Incarnation.Value + 100) };
        Memory = new PeerMemory(100);
        PeerWantsSince.Clear();
    }

    /// <summary>Carries out one request and returns the answer; null where there is none to give.</summary>
    public LinkInput? Answer(LinkOutput request) => request switch
    {
        ApplyRemoteInterest apply => Apply(apply),
        FindTopics find => Find(find),
        ReadTopic read => Read(read),
        LookUpPositions lookUp => new PositionsFound(
            lookUp.Token, [.. lookUp.Topics.Select(topic => Held(topic, lookUp.Origin, flushedOnly: true))]),
        ReplicateItems call => Replicate(call),
        _ => null,
    };

    private void Append(TopicName topic, PairRecord record)
    {
        if (!_logs.TryGetValue(topic, out var log))
        {
            _logs[topic] = log = [];
        }

        log.Add(record);
    }

    private RemoteInterestApplied Apply(ApplyRemoteInterest apply)
    {
        if (random.Next(10) == 0)
        {
            return new RemoteInterestApplied(apply.Token, 0, MeshErrorCode.NodeNotReady);
        }

        ClockMs++;
        if (Session!.Phase != LinkPhase.Established)
        {
            // The link has ended: nobody learns of this any more, so nothing is promised by it.
            return new RemoteInterestApplied(apply.Token, ClockMs);
        }

        foreach (var gone in PeerWantsSince.Keys.Where(pattern => !apply.Patterns.Contains(pattern)).ToArray())
        {
            PeerWantsSince.Remove(gone);
        }

        foreach (var pattern in apply.Patterns)
        {
            PeerWantsSince.TryAdd(pattern, ClockMs);
        }

        return new RemoteInterestApplied(apply.Token, ClockMs);
    }

    private TopicsFound Find(FindTopics find)
    {
        var page = Topics.Where(topic => topic.CompareTo(find.After) > 0).Order().Take(2).ToArray();
        var found = page
            .Where(topic => find.Patterns.Any(pattern => pattern.Matches(topic)))
            .Select(topic => new FoundTopic(topic, Held(topic, Identity.Node, flushedOnly: true)))
            .Where(static topic => !topic.End.IsNone);
        return new TopicsFound(find.Token, [.. found], page.LastOrDefault(), page.Length < 2);
    }

    private TopicRead Read(ReadTopic read)
    {
        var own = Log(read.Topic).Take(Flushed(read.Topic)).Where(record => record.Origin == Identity.Node).ToArray();
        var end = own.LastOrDefault()?.Position ?? Position.None;
        var next = new LogOffset(Flushed(read.Topic));
        if (random.Next(20) == 0)
        {
            return new TopicRead(read.Token, read.Topic, [], next, end, false, MeshErrorCode.LogFailed);
        }

        var items = new List<LinkItem>();
        var after = read.Start.After;
        if (read.Start.Kind != ReadStartKind.After)
        {
            var before = own.LastOrDefault(record => record.TimeMs < read.Start.SinceUnixMs)?.Position ?? Position.None;
            if (read.Start.Kind == ReadStartKind.Open && !before.IsNone)
            {
                return new TopicRead(read.Token, read.Topic, [], default, end, true, MeshErrorCode.None);
            }

            if (!before.IsNone)
            {
                items.Add(new LinkItem(new Gap(Identity.Node, Position.None, before, GapReason.BeforeInterest)));
            }

            after = before;
        }

        var events = own.Where(record => record.Position > after).Take(random.Next(1, 4));
        items.AddRange(events.GroupBy(static record => record.Position.Incarnation).Select(run => new LinkItem(Pack([.. run]))));

        return new TopicRead(read.Token, read.Topic, items, next, end, false, MeshErrorCode.None);
    }

    private ReplicaBatch Pack(PairRecord[] events)
    {
        var builder = new EventBatchBuilder();
        foreach (var record in events)
        {
            builder.AddEncoded(record.Body, record.TimeMs);
        }

        return new ReplicaBatch(
            Identity.Node, events[0].Position.Incarnation, events[0].Previous, events[0].Position.Sequence, 1, builder.BuildCopy());
    }

    private ItemsReplicated Replicate(ReplicateItems call)
    {
        var results = new List<LinkItemResult>();
        foreach (var item in call.Items)
        {
            if (IsLogFull || random.Next(40) == 0)
            {
                return new ItemsReplicated(call.Token, call.Topic, results, MeshErrorCode.LogFull, TimeSpan.FromMilliseconds(random.Next(2_000)));
            }

            results.Add(Take(call.Topic, item));
        }

        // The answer says that everything is flushed, so it is.
        _flushed[call.Topic] = Log(call.Topic).Count;
        return new ItemsReplicated(call.Token, call.Topic, results, MeshErrorCode.None, null);
    }

    private LinkItemResult Take(TopicName topic, LinkItem item)
    {
        var origin = item.Batch?.Origin ?? item.Gap!.Origin;
        var held = Held(topic, origin, flushedOnly: false);
        var decision = item.Batch is { } batch ? ReplicationRule.Decide(held, batch) : ReplicationRule.Decide(held, item.Gap!);
        if (decision.Verdict != ReplicaVerdict.Take)
        {
            return new LinkItemResult(decision.Verdict, held, 0, decision.Verdict == ReplicaVerdict.Duplicate ? item.Events : 0, false);
        }

        if (item.Gap is { } gap)
        {
            Append(topic, new PairRecord(origin, held, gap.To, gap.Reason, ClockMs, null));
            return new LinkItemResult(ReplicaVerdict.Take, gap.To, 1, 0, false);
        }

        var sequence = item.Batch!.FirstSequence;
        for (var reader = new EventBatchReader(item.Batch.Events); reader.MoveNext(); sequence++)
        {
            if (sequence >= item.Batch.FirstSequence + decision.Skip)
            {
                var position = new Position(item.Batch.Incarnation, sequence);
                Append(topic, new PairRecord(origin, held, position, null, ClockMs, reader.Body.ToArray()));
                held = position;
            }
        }

        _flushed[topic] = Log(topic).Count;
        return new LinkItemResult(ReplicaVerdict.Take, held, item.Events - decision.Skip, decision.Skip, false);
    }
}
