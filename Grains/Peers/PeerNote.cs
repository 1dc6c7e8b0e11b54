namespace EventMesh.Grains.Peers;

/// <summary>What the node remembers of a peer over restarts, as it is stored in <c>$state.peers</c>.</summary>
public sealed record PeerNote
{
    /// <summary>The state's name.</summary>
    internal const string StateName = State.StateTopics.Peers;

    /// <summary>Nothing is remembered.</summary>
    public static PeerNote Empty { get; } = new();

    /// <summary>Where to dial it, given at run time; empty when no address was.</summary>
    public string Address { get; init; } = "";

    /// <summary>Whether an operator keeps it off.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The greatest incarnation of it that was linked; 0 for none.</summary>
    public long Incarnation { get; init; }

    /// <summary>The greatest number of this node's links to it; 0 for none.</summary>
    public long LinkNumber { get; init; }

    /// <summary>The same, with what a link has taught.</summary>
    internal PeerNote Learn(long incarnation, long linkNumber) => this with
    {
        Incarnation = Math.Max(Incarnation, incarnation),
        LinkNumber = Math.Max(LinkNumber, linkNumber),
    };
}
