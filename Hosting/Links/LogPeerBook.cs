using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Peers;
using EventMesh.Grains.State;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Links;

/// <summary>Reads the notes from the silo's log, and is woken like any subscriber when a silo of the node writes one.</summary>
internal sealed class LogPeerBook(NodeLog log, InterestTable table, InterestSync sync, ILogger<PeerBook> logger) : IPeerBook, IWakeTarget, IDisposable
{
    private static readonly TopicPattern[] Topics = [TopicPattern.Exactly(StateTopics.Of(StateTopics.Peers))];

    private readonly Signal _changed = new();
    private readonly CancellationTokenSource _stop = new();
    private PeerBook? _book;

    public bool IsRemote => false;

    public async ValueTask<IReadOnlyDictionary<NodeId, PeerNote>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_book is null)
        {
            _book = new PeerBook(log.Log, logger);
            _ = LookOnceWokenAsync(table.Add(Topics, this, InterestKind.Woken));
        }

        await _book.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        return _book.Notes;
    }

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    public void OnAdvanced(TopicAdvance advance) => _changed.Set();

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Until every silo knows whom to wake, what it writes may wake nobody: so there is one more look after that.</summary>
    private async Task LookOnceWokenAsync(long version)
    {
        try
        {
            await sync.WaitAppliedAsync(version, _stop.Token).ConfigureAwait(false);
            _changed.Set();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }
}
