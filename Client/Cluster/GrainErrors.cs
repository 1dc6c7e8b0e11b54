using EventMesh.Core.Errors;
using Orleans.Runtime;

namespace EventMesh.Client.Cluster;

/// <summary>Turns failures of grain calls into numbered errors.</summary>
internal static class GrainErrors
{
    public static async ValueTask<T> CallAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            throw ToMesh(exception);
        }
    }

    public static EventMeshException ToMesh(Exception exception) => exception switch
    {
        EventMeshException mesh => mesh,
        TimeoutException => new(MeshErrorCode.OutcomeUnknown, "The cluster did not answer in time.", exception),
        SiloUnavailableException => new(MeshErrorCode.OutcomeUnknown, $"The silo that was called is gone: {exception.Message}", exception),
        _ => new(MeshErrorCode.OutcomeUnknown, $"The call failed: {exception.Message}", exception),
    };

    public static void ThrowIfRefused(MeshErrorCode code, string message, long retryAfterMs = 0)
    {
        if (code != MeshErrorCode.None)
        {
            throw Refusal(code, message, retryAfterMs);
        }
    }

    public static EventMeshException Refusal(MeshErrorCode code, string message, long retryAfterMs) => new(code, message)
    {
        RetryAfter = retryAfterMs > 0 ? TimeSpan.FromMilliseconds(retryAfterMs) : null,
    };
}
