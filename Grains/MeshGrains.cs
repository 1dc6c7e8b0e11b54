using EventMesh.Grains.Catalog;
using EventMesh.Grains.Interest;
using EventMesh.Grains.Peers;
using EventMesh.Grains.Sessions;
using EventMesh.Grains.State;
using EventMesh.Grains.Topics;

namespace EventMesh.Grains;

/// <summary>The mesh's grains. No silo finds them by itself: the host adds <see cref="Classes"/> to the silos that take part.</summary>
public static class MeshGrains
{
    /// <summary>The grain classes.</summary>
    public static IReadOnlyList<Type> Classes { get; } =
        [typeof(TopicGrain), typeof(InterestGrain), typeof(PeerGrain), typeof(SessionGrain), typeof(CatalogGrain), typeof(StateGrain)];

    internal const string TopicType = "eventmesh.topic";
    internal const string InterestType = "eventmesh.interest";
    internal const string PeerType = "eventmesh.peer";
    internal const string SessionType = "eventmesh.session";
    internal const string CatalogType = "eventmesh.catalog";
    internal const string StateType = "eventmesh.state";
}
