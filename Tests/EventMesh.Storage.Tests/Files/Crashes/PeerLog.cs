using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Another node's own events of one topic, as that node has them now.</summary>
internal sealed class PeerLog(NodeId origin, long incarnation)
{
    private readonly List<PeerEvent> _events = [];
    private long _incarnation = incarnation;

    public NodeId Origin { get; } = origin;

    /// <summary>The last event's position.</summary>
    public Position End => _events.Count == 0 ? Position.None : _events[^1].Position;

    /// <summary>What other nodes may have of it: everything that was ever sent, in the order of the sending.</summary>
    public List<ReplicaBatch> Sent { get; } = [];

    /// <summary>The node publishes an event.</summary>
    public void Publish(byte[] payload, long timeUnixMs)
    {
        var builder = new EventBatchBuilder();
        builder.Add(payload);
        var reader = new EventBatchReader(builder.Build());
        reader.MoveNext();
        _events.Add(new PeerEvent(new Position(new Incarnation(_incarnation), End.NextSequence), reader.Body.ToArray(), timeUnixMs));
    }

    /// <summary>The node starts again, having lost all but the first <paramref name="kept"/> of its events.</summary>
    public void Restart(int kept)
    {
        _incarnation++;
        _events.RemoveRange(kept, _events.Count - kept);
    }

    public int Count => _events.Count;

    /// <summary>Its events from the first above <paramref name="position"/> on, of one incarnation, at most <paramref name="count"/>; null if there are none.</summary>
    public ReplicaBatch? After(Position position, int skip, int count)
    {
        var from = _events.FindIndex(e => e.Position > position) + skip;
        if (from < 0 || from >= _events.Count || from < skip)
        {
            return null;
        }

        var first = _events[from];
        var builder = new EventBatchBuilder { BaseTimeUnixMs = first.TimeUnixMs };
        foreach (var e in _events.Skip(from).Take(count).TakeWhile(e => e.Position.Incarnation == first.Position.Incarnation))
        {
            builder.AddEncoded(e.Body, e.TimeUnixMs);
        }

        var previous = from == 0 ? Position.None : _events[from - 1].Position;
        return new ReplicaBatch(Origin, first.Position.Incarnation, previous, first.Position.Sequence, 1, builder.Build());
    }

    private sealed record PeerEvent(Position Position, byte[] Body, long TimeUnixMs);
}
