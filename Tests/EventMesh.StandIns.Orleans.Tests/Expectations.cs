namespace EventMesh.StandIns.Orleans.Tests;

/// <summary>Waits for what a test expects; the limit is there only for a test that would never end.</summary>
internal static class Expectations
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task Within(this Task task, string expected)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Expected within {Limit}: {expected}.");
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, string expected)
    {
        await ((Task)task).Within(expected);
        return await task;
    }
}
