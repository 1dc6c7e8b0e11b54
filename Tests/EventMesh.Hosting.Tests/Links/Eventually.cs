namespace EventMesh.Hosting.Tests.Links;

/// <summary>For states that no event announces: looks every few milliseconds, up to half a minute.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task IsTrue(Func<bool> condition, Func<string> describe) => IsTrue(() => Task.FromResult(condition()), describe);

    public static Task IsTrue(Func<bool> condition, string what) => IsTrue(condition, () => what);

    public static Task IsTrue(Func<Task<bool>> condition, string what) => IsTrue(condition, () => what);

    private static async Task IsTrue(Func<Task<bool>> condition, Func<string> describe)
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        for (var waited = TimeSpan.Zero; waited < Patience && !await condition(); waited += Interval)
        {
            await timer.WaitForNextTickAsync();
        }

        Assert.True(await condition(), $"Expected {describe()}.");
    }
}
