using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Concurrency;

namespace EventMesh.Grains.Interfaces;

/// <summary>The last value of each key of one kind of state, kept in the topic <c>$state.</c> and the kind; the key of the grain is the kind.</summary>
/// <remarks>
/// It holds the topic's one writer, so a write by another silo is a call. Two activations can exist for a moment: the log fences the older one by its
/// term, and etags refuse whoever has read what is no longer stored. Calls interleave: checks and the hand-over to the log are done before the first
/// await. A timeout is an unknown outcome: read again.
/// </remarks>
[Alias("eventmesh.IStateGrain")]
public interface IStateGrain : IGrainWithStringKey
{
    /// <summary>The value of <paramref name="key"/>, once it is flushed; without an etag in the reply there is none.</summary>
    [AlwaysInterleave, Alias("read")]
    Task<StateReply> ReadAsync(string key);

    /// <summary>Writes a value over the one whose etag is named, and ends when it is flushed. <c>StateConflict</c> when another is stored.</summary>
    [AlwaysInterleave, Alias("write")]
    Task<StateReply> WriteAsync(StateWrite write);

    /// <summary>Clears the value whose etag is named (null: there is none to clear), and ends when that is flushed.</summary>
    [AlwaysInterleave, Alias("clear")]
    Task<StateReply> ClearAsync(string key, string? etag);
}
