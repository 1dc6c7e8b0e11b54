using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using EventMesh.Grains.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Grains.Peers;

/// <summary>One peer as the whole node sees it: <see cref="PeerBoard"/> decides on its link, <see cref="PeerNotes"/> keep what must survive a restart.</summary>
/// <remarks>
/// The board is forgotten when the grain moves: the next report brings it back. What a link teaches is stored in the background, because a link must
/// not wait for the log; a report that follows makes up for what could not be stored.
/// </remarks>
[GrainType(MeshGrains.PeerType)]
internal sealed partial class PeerGrain : Grain, IPeerGrain
{
    private static readonly PeerChange Done = new(MeshErrorCode.None, "");

    private readonly PeerBoard _board;
    private readonly PeerNotes _notes;
    private readonly IMeshSilo _silo;
    private readonly ILogger<PeerGrain> _logger;
    private PeerNote _learnt = PeerNote.Empty;
    private Task _learning = Task.CompletedTask;

    public PeerGrain(
        IMeshMembership membership,
        IMeshSilo silo,
        [FromKeyedServices(MeshGrainStorage.ProviderName)] IGrainStorage storage,
        ILogger<PeerGrain> logger)
    {
        _board = new PeerBoard(silo => membership.Current.Gone.Contains(silo));
        _notes = new PeerNotes(storage, this.GetGrainId());
        _silo = silo;
        _logger = logger;
    }

    private string Peer => this.GetPrimaryKeyString();

    public Task<bool> ClaimAsync(string silo)
    {
        var before = _board.Owner;
        var isOwner = _board.Claim(silo);
        LogOwnerIfChanged(before);
        return Task.FromResult(isOwner);
    }

    public Task<PeerHealth?> ReportAsync(PeerReport report)
    {
        var before = _board.Owner;
        var health = _board.Report?.Health ?? PeerHealth.Disconnected;
        var order = _board.Take(report);
        LogOwnerIfChanged(before);
        if (_board.Report is { } now && now.Health != health)
        {
            LogHealth(_logger, Peer, health, now.Health, now.LastError);
        }

        if (_board.Report == report && report.Health == PeerHealth.Healthy)
        {
            // The peer's own dials have numbers of its own.
            Learn(_learnt.Learn(report.Incarnation, report.IsDialer ? report.LinkNumber : 0));
        }

        return Task.FromResult(order);
    }

    public Task<PeerReport?> GetAsync() => Task.FromResult(_board.Report);

    public Task<PeerChange> SetHealthAsync(PeerHealth health)
    {
        switch (health)
        {
            case PeerHealth.Unhealthy:
                _board.Override(health);
                return Task.FromResult(Done);
            case PeerHealth.Healthy:
                return ChangeAsync("may link", static note => note with { IsHeld = false });
            case PeerHealth.Disconnected:
                return ChangeAsync("is kept off", static note => note with { IsHeld = true });
            default:
                return Task.FromResult(new PeerChange(MeshErrorCode.InvalidArgument, $"health: {(int)health} is none."));
        }
    }

    public Task<PeerChange> SetAddressAsync(string address) => HostAndPort.TryParse(address, out _, out var port) && port > 0
        ? ChangeAsync("has an address", note => note with { Address = address })
        : Task.FromResult(new PeerChange(MeshErrorCode.InvalidArgument, $"address: '{Printable.Clip(address)}' must be host:port with a port of 1 to 65535."));

    public Task<PeerChange> ForgetAsync()
    {
        _learnt = PeerNote.Empty;
        return ChangeAsync("is forgotten", static _ => PeerNote.Empty);
    }

    public async Task<PeerSettings> GetSettingsAsync()
    {
        try
        {
            var note = await _notes.ReadAsync();
            return new PeerSettings(MeshErrorCode.None, "", note.Address, note.IsHeld, note.Incarnation, note.LinkNumber);
        }
        catch (Exception failure)
        {
            var (code, message) = Explain(failure);
            return new PeerSettings(code, message);
        }
    }

    private async Task<PeerChange> ChangeAsync(string what, Func<PeerNote, PeerNote> change)
    {
        if (!NodeId.TryParse(Peer, out var peer))
        {
            return new PeerChange(MeshErrorCode.InvalidNodeId, $"'{Printable.Clip(Peer)}' must have 1 to {NodeId.MaxLength} characters of A-Z a-z 0-9 . _ -.");
        }

        if (peer == _silo.Log.Identity.Node)
        {
            return new PeerChange(MeshErrorCode.SelfLink, $"'{peer}' is this node itself.");
        }

        try
        {
            await _notes.ChangeAsync(change);
            LogChanged(_logger, Peer, what);
            return Done;
        }
        catch (Exception failure)
        {
            var (code, message) = Explain(failure);
            return new PeerChange(code, message);
        }
    }

    /// <summary>What a failure of the storage means to an operator. One without a code is a call whose answer was lost.</summary>
    private static (MeshErrorCode Code, string Message) Explain(Exception failure) =>
        failure is EventMeshException refusal ? (refusal.Code, refusal.Message) : (MeshErrorCode.OutcomeUnknown, failure.Message);

    /// <summary>Stores what links have taught, unless that is under way: the report that follows finds what came meanwhile.</summary>
    private void Learn(PeerNote learnt)
    {
        _learnt = learnt;
        if (_learning.IsCompleted && (_notes.Current is not { } known || known.Learn(learnt.Incarnation, learnt.LinkNumber) != known))
        {
            _learning = LearnAsync();
        }
    }

    private async Task LearnAsync()
    {
        try
        {
            await _notes.ChangeAsync(note => note.Learn(_learnt.Incarnation, _learnt.LinkNumber));
        }
        catch (Exception failure)
        {
            // A link works without; whatever it was, the next report tries again.
            LogNotRemembered(_logger, Peer, failure);
        }
    }

    private void LogOwnerIfChanged(string? before)
    {
        if (_board.Owner is { } owner && owner != before)
        {
            LogOwner(_logger, Peer, owner);
        }
    }

    [LoggerMessage(EventIds.PeerOwner, LogLevel.Debug, "The link to peer {Peer} is silo {Silo}'s.")]
    private static partial void LogOwner(ILogger logger, string peer, string silo);

    [LoggerMessage(EventIds.PeerHealthChanged, LogLevel.Information, "Peer {Peer} was {Before} and is {After}. Last link error: '{LastError}'.")]
    private static partial void LogHealth(ILogger logger, string peer, PeerHealth before, PeerHealth after, string lastError);

    [LoggerMessage(EventIds.PeerChanged, LogLevel.Information, "Peer {Peer} {What}, by an operator's word.")]
    private static partial void LogChanged(ILogger logger, string peer, string what);

    [LoggerMessage(EventIds.PeerNotRemembered, LogLevel.Warning, "What a link has taught of peer {Peer} could not be stored; trying again with its next report.")]
    private static partial void LogNotRemembered(ILogger logger, string peer, Exception failure);
}
