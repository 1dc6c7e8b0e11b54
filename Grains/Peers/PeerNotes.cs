using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Grains.Peers;

/// <summary>A peer's note in the storage, as one activation of its grain sees it.</summary>
/// <remarks>
/// One thread at a time. Changes follow one another; one that meets what another activation has written is made again on top of that, so neither is lost. After any failure the
/// note is read anew: the outcome of a call may not be known.
/// </remarks>
internal sealed class PeerNotes(IGrainStorage storage, GrainId grain)
{
    private const int Attempts = 8;

    private readonly GrainState<PeerNote> _state = new();
    private Task _last = Task.CompletedTask;
    private bool _isRead;

    /// <summary>The note as it was last read or written; null when that is not known.</summary>
    public PeerNote? Current => _isRead ? _state.State : null;

    /// <summary>The note that is stored.</summary>
    public Task<PeerNote> ReadAsync() => ChangeAsync(static note => note);

    /// <summary>Stores what <paramref name="change"/> makes of the note, and ends when that is flushed. It may be called more than once.</summary>
    /// <exception cref="Core.Errors.EventMeshException">The storage refused; nothing was changed, unless the code says that the outcome is unknown.</exception>
    public Task<PeerNote> ChangeAsync(Func<PeerNote, PeerNote> change)
    {
        var changing = ChangeAfterAsync(_last, change);
        _last = changing;
        return changing;
    }

    private async Task<PeerNote> ChangeAfterAsync(Task before, Func<PeerNote, PeerNote> change)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryChangeAsync(change);
            }
            catch (InconsistentStateException) when (attempt < Attempts)
            {
                // Another activation was first. What it wrote is read before the next attempt.
                _isRead = false;
            }
            catch
            {
                _isRead = false;
                throw;
            }
        }
    }

    private async Task<PeerNote> TryChangeAsync(Func<PeerNote, PeerNote> change)
    {
        if (!_isRead)
        {
            await storage.ReadStateAsync(PeerNote.StateName, grain, _state);
            _isRead = true;
        }

        var note = _state.State ??= PeerNote.Empty;
        var next = change(note);
        if (next == note)
        {
            return note;
        }

        _state.State = next;
        await (next == PeerNote.Empty
            ? storage.ClearStateAsync(PeerNote.StateName, grain, _state)
            : storage.WriteStateAsync(PeerNote.StateName, grain, _state));
        return next;
    }
}
