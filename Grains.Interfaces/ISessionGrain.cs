using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Concurrency;

namespace EventMesh.Grains.Interfaces;

/// <summary>An Orleans client's subscription; the key is a session id that the client chose at random. Placed on the client's entry silo.</summary>
[Alias("eventmesh.ISessionGrain")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Opens the session; repeating it replaces what was open before.</summary>
    [Alias("open")]
    Task<SessionOpened> OpenAsync(SessionOpen request);

    /// <summary>Waits up to <paramref name="wait"/> (at most 20 s) for records and returns up to <paramref name="maxBytes"/> of them. The pull is the credit.</summary>
    /// <remarks>One pull at a time. <c>SessionUnknown</c> when the session is not open here any more: open it again with the cursors reached.</remarks>
    [AlwaysInterleave, Alias("pull")]
    Task<PullReply> PullAsync(int maxBytes, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Closes the session; its interest goes with it.</summary>
    [AlwaysInterleave, Alias("close")]
    Task CloseAsync();
}
