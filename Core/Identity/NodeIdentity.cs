namespace EventMesh.Core.Identity;

/// <summary>Who a running node is: its id and the life that it is in.</summary>
public readonly record struct NodeIdentity(NodeId Node, Incarnation Incarnation)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Node}@{Incarnation}";
}
