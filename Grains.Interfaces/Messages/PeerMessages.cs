using EventMesh.Core.Errors;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>How a peer is, as the reference names it.</summary>
[GenerateSerializer, Alias("eventmesh.peer-health")]
public enum PeerHealth
{
    /// <summary>No link.</summary>
    Disconnected = 0,

    /// <summary>A link that is heard from.</summary>
    Healthy = 1,

    /// <summary>A link that has been silent too long or failed to send; it is being closed and dialled again.</summary>
    Unhealthy = 2,
}

/// <summary>What the silo that runs a peer's link says about it: on every transition, and once per heartbeat interval.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.peer-report")]
public sealed record PeerReport
{
    [Id(0)] public required string Peer { get; init; }

    [Id(1)] public required string Silo { get; init; }

    [Id(2)] public required string Address { get; init; }

    [Id(3)] public required PeerHealth Health { get; init; }

    [Id(4)] public required long Incarnation { get; init; }

    [Id(5)] public required long LinkNumber { get; init; }

    [Id(6)] public required bool IsDialer { get; init; }

    /// <summary>Whether the peer has applied this node's newest interest.</summary>
    [Id(7)] public required bool IsInterestSynced { get; init; }

    [Id(8)] public required string[] RemoteInterest { get; init; }

    [Id(9)] public required int QueuedFrames { get; init; }

    [Id(10)] public required long QueuedBytes { get; init; }

    [Id(11)] public required long EventsSent { get; init; }

    [Id(12)] public required long EventsReceived { get; init; }

    [Id(13)] public required long EventsAcked { get; init; }

    [Id(14)] public required long DuplicatesDropped { get; init; }

    [Id(15)] public required long Gaps { get; init; }

    [Id(16)] public required long Resumes { get; init; }

    [Id(17)] public required long BytesSent { get; init; }

    [Id(18)] public required long BytesReceived { get; init; }

    [Id(19)] public required long Reconnects { get; init; }

    /// <summary>Events of this node that the peer wants and has not acknowledged.</summary>
    [Id(20)] public required long LagEvents { get; init; }

    /// <summary>Round trip of the last heartbeat, in microseconds; -1 when none was measured.</summary>
    [Id(21)] public required long RoundTripMicros { get; init; }

    [Id(22)] public required long ReportedUnixMs { get; init; }

    /// <summary>Why the last link ended; empty when none has.</summary>
    [Id(23)] public required string LastError { get; init; }

    /// <summary>Whether an operator keeps the peer off.</summary>
    [Id(24)] public bool IsHeld { get; init; }
}

/// <summary>What became of an operator's change.</summary>
/// <param name="Code"><see cref="MeshErrorCode.None"/> when it is flushed.</param>
/// <param name="Message">What to do about a refusal; empty on success.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.peer-change")]
public sealed record PeerChange(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message);

/// <summary>What a node remembers of a peer over restarts.</summary>
/// <param name="Code"><see cref="MeshErrorCode.None"/>, or why it could not be read.</param>
/// <param name="Message">What to do about that; empty on success.</param>
/// <param name="Address">The address given at run time; empty when none was.</param>
/// <param name="IsHeld">Whether an operator keeps the peer off.</param>
/// <param name="Incarnation">The greatest incarnation of it that was linked; 0 for none.</param>
/// <param name="LinkNumber">The greatest number of this node's links to it; 0 for none.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.peer-settings")]
public sealed record PeerSettings(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] string Address = "",
    [property: Id(3)] bool IsHeld = false,
    [property: Id(4)] long Incarnation = 0,
    [property: Id(5)] long LinkNumber = 0);
