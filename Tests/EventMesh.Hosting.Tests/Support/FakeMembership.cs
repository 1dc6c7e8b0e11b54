using System.Collections.Frozen;
using EventMesh.Grains.Silo;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>A membership that a test sets.</summary>
internal sealed class FakeMembership : IMeshMembership
{
    private readonly List<Action> _listeners = [];

    public FakeMembership(params string[] serving) => Current = new MeshMembers(serving.ToFrozenSet(), [], []);

    public MeshMembers Current { get; private set; }

    public IDisposable OnChanged(Action onChange)
    {
        _listeners.Add(onChange);
        return new Unsubscribe(() => _listeners.Remove(onChange));
    }

    public void Set(string[] serving, params string[] gone)
    {
        Current = new MeshMembers(serving.ToFrozenSet(), [], gone.ToFrozenSet());
        _listeners.ToList().ForEach(static listener => listener());
    }

    private sealed class Unsubscribe(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
