using System.Collections.Concurrent;
using System.Threading.Channels;

namespace EventMesh.StandIns.Orleans.Tests;

/// <summary>One per silo: where its grains tell a test what happens, and wait for it.</summary>
public sealed class Probe
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    public void Tell(string what) => _events.Writer.TryWrite(what);

    public Task OpenedAsync(string gate) => Gate(gate).Task;

    public void Open(string gate) => Gate(gate).TrySetResult();

    /// <summary>The next event told.</summary>
    public Task<string> NextAsync() => _events.Reader.ReadAsync().AsTask().Within("another event of a grain");

    public List<string> TakeAll()
    {
        List<string> all = [];
        while (_events.Reader.TryRead(out string? one))
        {
            all.Add(one);
        }

        return all;
    }

    private TaskCompletionSource Gate(string gate) =>
        _gates.GetOrAdd(gate, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
