using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>Gathers acknowledgements until the writer has room: of each topic only the newest leaves.</summary>
/// <remarks>Bounded by the credit window: each entry stands for a frame whose credit has not been given back.</remarks>
internal sealed class AckBox(ReceiveCredit credit)
{
    private readonly Dictionary<TopicName, Position> _held = [];

    public bool IsEmpty => _held.Count == 0 && credit.Free == 0;

    public void Add(TopicName topic, Position held) => _held[topic] = held;

    public AcksFrame Take(NodeId origin)
    {
        var acks = new List<PositionAck>(Math.Min(_held.Count, AcksFrame.MaxAcks));
        foreach (var (topic, held) in _held)
        {
            acks.Add(new PositionAck(topic, origin, held));
            _held.Remove(topic);
            if (acks.Count == AcksFrame.MaxAcks)
            {
                break;
            }
        }

        // Credit goes with the last of them, so that the box can never hold more than the window allows.
        return new AcksFrame(acks, _held.Count == 0 ? credit.TakeFree() : 0);
    }
}
