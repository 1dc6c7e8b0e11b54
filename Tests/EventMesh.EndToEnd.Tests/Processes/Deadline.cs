namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>How long a test waits for what must come. Generous: it ends a test that would hang, and measures nothing.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits for <paramref name="task"/>.</summary>
    /// <param name="expectation">What is expected, for the failure's message.</param>
    /// <param name="task">What to wait for.</param>
    /// <param name="state">What there is instead, for the failure's message.</param>
    public static async Task<T> MeetAsync<T>(string expectation, Task<T> task, Func<string>? state = null)
    {
        try
        {
            return await task.WaitAsync(Length, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw Missed(expectation, state?.Invoke());
        }
    }

    /// <summary>Waits for <paramref name="task"/>.</summary>
    public static Task MeetAsync(string expectation, Task task) => MeetAsync(expectation, Finished(task));

    /// <summary>Asks again and again until the answer is right; for what nothing tells.</summary>
    public static async Task<T> UntilAsync<T>(string expectation, Func<CancellationToken, ValueTask<T>> ask, Func<T, bool> isRight)
    {
        using var limit = new CancellationTokenSource(Length, TimeProvider.System);
        object? last = "no answer";
        while (true)
        {
            try
            {
                var answer = await ask(limit.Token);
                if (isRight(answer))
                {
                    return answer;
                }

                last = answer;
                await Task.Delay(Interval, TimeProvider.System, limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw Missed(expectation, last?.ToString());
            }
        }
    }

    private static async Task<bool> Finished(Task task)
    {
        await task;
        return true;
    }

    private static TimeoutException Missed(string expectation, string? state) =>
        new($"Expected within {Length.TotalSeconds} s: {expectation}. There is: {state ?? "nothing"}.");
}
