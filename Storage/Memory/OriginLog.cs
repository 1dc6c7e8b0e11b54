using EventMesh.Core.Identity;

namespace EventMesh.Storage.Memory;

/// <summary>What a topic's log knows about one origin. Guarded by the topic's gate.</summary>
internal sealed class OriginLog(NodeId node)
{
    public NodeId Node { get; } = node;

    /// <summary>The last position handed over.</summary>
    public Position Last { get; set; }

    /// <summary>The last position that retention dropped: what is known at the start of the log.</summary>
    public Position Base { get; set; }

    /// <summary>The first offset of each run of this origin's records.</summary>
    public Deque<long> Runs { get; } = new();
}
