// The observers of all clients and silos of a cluster.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Globalization;

using EventMesh.StandIns.Calls;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>An observer's grain id names its owner, so that a call can tell a deleted observer from an owner that has gone.</summary>
internal sealed class Observers
{
    private static readonly GrainType Type = GrainType.Create("sys.client");
    private readonly ConcurrentDictionary<string, CallSender> _owners = new();
    private readonly ConcurrentDictionary<GrainId, ObserverTarget> _targets = new();
    private long _count;

    public static bool IsObserver(GrainId id) => id.Type == Type;

    public void AddOwner(string ownerId, CallSender owner) => _owners[ownerId] = owner;

    public void RemoveOwner(string ownerId)
    {
        _owners.TryRemove(ownerId, out _);
        foreach (GrainId id in _targets.Keys.Where(id => OwnerOf(id) == ownerId))
        {
            _targets.TryRemove(id, out _);
        }
    }

    public GrainId Add(string ownerId, IAddressable observer)
    {
        if (!_owners.TryGetValue(ownerId, out CallSender? owner))
        {
            throw new InvalidOperationException("The client is not connected to its cluster.");
        }

        string number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        GrainId id = GrainId.Create(Type, $"{ownerId}+{number}");
        _targets[id] = new ObserverTarget(owner, id, observer);
        return id;
    }

    public void Delete(GrainId id) => _targets.TryRemove(id, out _);

    /// <summary>Null: deleted, so nobody will answer.</summary>
    /// <exception cref="ClientNotAvailableException">The owner has gone.</exception>
    public ObserverTarget? Find(GrainId id)
    {
        if (_targets.TryGetValue(id, out ObserverTarget? target))
        {
            return target;
        }

        return _owners.ContainsKey(OwnerOf(id)) ? null : throw new ClientNotAvailableException(id);
    }

    private static string OwnerOf(GrainId id)
    {
        string key = id.Key.ToString();
        return key[..key.IndexOf('+', StringComparison.Ordinal)];
    }
}
