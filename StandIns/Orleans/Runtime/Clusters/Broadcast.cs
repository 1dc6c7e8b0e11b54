// A value that others follow.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Runtime.CompilerServices;

namespace EventMesh.StandIns.Runtime;

/// <summary>Readers get the current value, then each newer one that is still the newest when they ask. Holds one value, however slow they are.</summary>
internal sealed class Broadcast<T>(T initial)
{
    private readonly Lock _gate = new();
    private Node _current = new(initial);

    public T Current => Volatile.Read(ref _current).Value;

    public void Publish(T value)
    {
        Node last;
        lock (_gate)
        {
            last = _current;
            Volatile.Write(ref _current, new Node(value));
        }

        last.Replaced.TrySetResult();
    }

    /// <summary>Ends without an error when <paramref name="end"/> comes.</summary>
    public async IAsyncEnumerable<T> ReadAllAsync(CancellationToken end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end, cancellationToken);
        while (!end.IsCancellationRequested)
        {
            Node node = Volatile.Read(ref _current);
            yield return node.Value;
            await node.Replaced.Task.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Node(T value)
    {
        public T Value => value;

        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
