namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>Waits for events of the transport, with a safety net that says what was expected.</summary>
internal static class Soon
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<T> Expect<T>(Task<T> task, string what)
    {
        await Expect((Task)task, what);
        return await task;
    }

    public static async Task Expect(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Expected within {Limit.TotalSeconds} s: {what}.");
        }
    }
}
