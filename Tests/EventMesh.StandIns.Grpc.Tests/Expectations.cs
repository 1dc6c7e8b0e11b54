using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>Waits that say what they waited for.</summary>
internal static class Expectations
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task Within(this Task task, string expected)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Expected within {Patience}: {expected}.");
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, string expected)
    {
        await Within((Task)task, expected);
        return await task;
    }

    /// <summary>Waits for the failure of a call and checks its code.</summary>
    public static async Task<RpcException> FailsWith(this Task task, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => task.Within($"a failure with {code}"));
        Assert.Equal(code, exception.StatusCode);
        return exception;
    }
}
