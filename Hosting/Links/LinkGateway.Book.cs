using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Peers;

namespace EventMesh.Hosting.Links;

/// <summary>The gateway follows the peer book: what an operator says of a peer at any silo counts here at once, and from the start of the next life.</summary>
internal sealed partial class LinkGateway
{
    private readonly Lock _configuring = new();
    private IReadOnlyDictionary<NodeId, PeerNote> _notes = new Dictionary<NodeId, PeerNote>();

    private async Task FollowBookAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await book.WaitAsync(stopping).ConfigureAwait(false);
                await ReadBookAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The way in which this loop ends.
            return;
        }
    }

    private async ValueTask ReadBookAsync(CancellationToken stopping)
    {
        try
        {
            Apply(await book.ReadAsync(stopping).ConfigureAwait(false));
        }
        catch (EventMeshException failure)
        {
            // What was read before stands; the next change is another try.
            LinkLog.BookNotRead(services.Logger, failure);
        }
    }

    /// <summary>Makes the notes count. One call at a time.</summary>
    private void Apply(IReadOnlyDictionary<NodeId, PeerNote> notes)
    {
        var forgotten = _notes.Keys.Where(id => !notes.ContainsKey(id)).ToList();
        Volatile.Write(ref _notes, notes);
        foreach (var (id, note) in notes)
        {
            // Of others it is enough to know once they come.
            if (_peers.ContainsKey(id) || note.Address.Length > 0 || note.IsHeld)
            {
                Admit(id);
            }
        }

        foreach (var peer in forgotten.Select(_peers.GetValueOrDefault).OfType<PeerEntry>())
        {
            peer.Forget();
            Configure(peer);
        }
    }

    private void Admit(NodeId id)
    {
        if (!_peers.ContainsKey(id) && _peers.Count >= MaxPeers)
        {
            LinkLog.PeerNotAdded(services.Logger, id.Value, MaxPeers);
            return;
        }

        Configure(AddPeer(id));
    }

    /// <summary>Gives a peer the address, the hold and the past that count for it, and begins to dial it when there is something to dial.</summary>
    private void Configure(PeerEntry peer)
    {
        string address;
        lock (_configuring)
        {
            // Read and applied as one: a link that arrives must not bring back what the book has just replaced.
            var note = Volatile.Read(ref _notes).GetValueOrDefault(peer.Id, PeerNote.Empty);
            address = note.Address.Length > 0 ? note.Address : _configured.GetValueOrDefault(peer.Id, "");
            peer.Configure(address, note);
        }

        if (address.Length > 0 && peer.TryBeginDialing())
        {
            _loops.Add(new PeerDialer(peer, this, services, transport, ownership).RunAsync(_stopDialing.Token));
        }
    }
}
