using System.Text.Json;
using EventMesh.Core.Identity;
using EventMesh.Grains.State;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace EventMesh.Grains.Peers;

/// <summary>Follows what the node remembers of its peers, from the log and beside the grains that write it. One thread at a time.</summary>
public sealed partial class PeerBook
{
    private readonly StateFollower _follower;
    private readonly ILogger _logger;
    private Dictionary<string, Page> _pages = new(StringComparer.Ordinal);

    /// <summary>Creates a book that has not been read yet.</summary>
    public PeerBook(IEventLog log, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(log);
        _follower = new StateFollower(log.GetReader(StateTopics.Of(StateTopics.Peers)), logger);
        _logger = logger;
    }

    /// <summary>The notes, as far as they were read.</summary>
    public IReadOnlyDictionary<NodeId, PeerNote> Notes { get; private set; } = new Dictionary<NodeId, PeerNote>();

    /// <summary>Reads what is new in the log, up to its read limit. Returns whether there was anything.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>StoreVersionUnknown</c> or <c>LogCorrupted</c>: a record that cannot be understood.</exception>
    public async ValueTask<bool> CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!await _follower.CatchUpAsync(cancellationToken))
        {
            return false;
        }

        var pages = new Dictionary<string, Page>(StringComparer.Ordinal);
        foreach (var entry in _follower.Index.Entries)
        {
            if (_pages.TryGetValue(entry.Key, out var page) && page.Version == entry.Version)
            {
                pages.Add(entry.Key, page);
            }
            else if (PeerOf(entry.Key) is { } peer)
            {
                pages.Add(entry.Key, new Page(entry.Version, peer, Read(entry)));
            }
        }

        _pages = pages;
        Notes = pages.Values.Where(static page => page.Note is not null).ToDictionary(static page => page.Peer, static page => page.Note!);
        return true;
    }

    /// <summary>The peer whose grain wrote under <paramref name="key"/>; null for whatever else is there.</summary>
    private static NodeId? PeerOf(string key) =>
        GrainId.TryParse(key, out var grain) && grain.Type.ToString() == MeshGrains.PeerType && NodeId.TryParse(grain.Key.ToString(), out var peer) ? peer : null;

    private PeerNote? Read(StateEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize<PeerNote>(entry.Value);
        }
        catch (JsonException failure)
        {
            // One peer's note must not hide the others'.
            LogUnreadable(_logger, entry.Key, failure);
            return null;
        }
    }

    [LoggerMessage(EventIds.PeerNoteUnreadable, LogLevel.Error, "What is remembered of {Key} cannot be read; give its address, or forget the peer.")]
    private static partial void LogUnreadable(ILogger logger, string key, Exception failure);

    private sealed record Page(long Version, NodeId Peer, PeerNote? Note);
}
