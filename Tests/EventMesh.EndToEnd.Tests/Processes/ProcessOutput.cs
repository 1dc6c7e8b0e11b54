namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>The lines that a process has written, standard output and error together. Keeps the newest <see cref="MaxLines"/>. Thread-safe.</summary>
internal sealed class ProcessOutput
{
    private const int MaxLines = 5_000;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private TaskCompletionSource _change = NewSignal();
    private int _openStreams = 2;

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>How many lines so far contain <paramref name="text"/>.</summary>
    public int Count(string text) => Lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>The first line that contains <paramref name="text"/>, as soon as there is one; fails when the process ends without it.</summary>
    public Task<string> LineAsync(string text) => Deadline.MeetAsync($"a line with '{text}'", FindAsync(text), ToString);

    /// <summary>Takes a line of one of the two streams; null ends the stream.</summary>
    public void Add(string? line)
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            if (line is null)
            {
                _openStreams--;
            }
            else
            {
                _lines.Enqueue(line);
                if (_lines.Count > MaxLines)
                {
                    _lines.Dequeue();
                }
            }

            change = _change;
            _change = NewSignal();
        }

        change.SetResult();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(Environment.NewLine, Lines);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<string> FindAsync(string text)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (_lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                if (_openStreams == 0)
                {
                    throw new InvalidOperationException($"The process has ended without a line with '{text}':{Environment.NewLine}{string.Join(Environment.NewLine, _lines)}");
                }

                change = _change.Task;
            }

            await change;
        }
    }
}
