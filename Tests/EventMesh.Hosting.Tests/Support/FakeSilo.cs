using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>A silo as the interest grain sees it: it takes what is pushed, or holds it back until told otherwise.</summary>
internal sealed class FakeSilo(string name) : ISiloObserver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _applied = [];
    private TaskCompletionSource _open = Opened();
    private long _version;

    public string Name { get; } = name;

    /// <summary>How often it was pushed to.</summary>
    public int Pushes { get; private set; }

    /// <summary>Fails this many pushes.</summary>
    public int FailuresLeft { get; set; }

    public InterestSet Next(params string[] wanted) => new(Name, ++_version, wanted, [], this);

    public void HoldBack() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo() => _open.TrySetResult();

    public long AppliedOf(string silo)
    {
        lock (_gate)
        {
            return _applied.GetValueOrDefault(silo);
        }
    }

    public async Task ApplyInterestAsync(long epoch, long tableVersion, InterestSet[] sets)
    {
        await _open.Task;
        lock (_gate)
        {
            Pushes++;
            if (FailuresLeft-- > 0)
            {
                throw new TimeoutException("lost");
            }

            Array.ForEach(sets, set => _applied[set.Silo] = set.Version);
        }
    }

    public Task TopicsAdvancedAsync(string[] topics, long[] ends) => Task.CompletedTask;

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
