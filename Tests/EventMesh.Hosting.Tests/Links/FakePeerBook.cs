using EventMesh.Core.Identity;
using EventMesh.Grains.Peers;
using EventMesh.Hosting.Links;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A book that the test writes.</summary>
internal sealed class FakePeerBook : IPeerBook
{
    private readonly Signal _changed = new();
    private IReadOnlyDictionary<NodeId, PeerNote> _notes = new Dictionary<NodeId, PeerNote>();

    /// <summary>Replaces a note; null forgets the peer.</summary>
    public void Write(NodeId peer, PeerNote? note)
    {
        var notes = new Dictionary<NodeId, PeerNote>(_notes);
        notes.Remove(peer);
        if (note is not null)
        {
            notes.Add(peer, note);
        }

        Volatile.Write(ref _notes, notes);
        _changed.Set();
    }

    public ValueTask<IReadOnlyDictionary<NodeId, PeerNote>> ReadAsync(CancellationToken cancellationToken) => new(Volatile.Read(ref _notes));

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);
}
