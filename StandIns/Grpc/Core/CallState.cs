// Mirrors Grpc.Core.Api 2.85.0. Delete when: every package feed in use offers Grpc.Core.Api.
namespace Grpc.Core;

/// <summary>What all four kinds of call objects share.</summary>
internal interface ICallState
{
    /// <summary>Ends when the response headers arrived; asked for lazily, since most callers never look.</summary>
    Task<Metadata> GetResponseHeadersAsync();

    Status GetStatus();

    Metadata GetTrailers();

    /// <summary>Cancels the call if it has not ended.</summary>
    void Dispose();
}

/// <summary>Call state made of delegates, for test doubles.</summary>
internal sealed class DelegateCallState(
    Task<Metadata> responseHeadersAsync,
    Func<Status> getStatusFunc,
    Func<Metadata> getTrailersFunc,
    Action disposeAction) : ICallState
{
    public Task<Metadata> GetResponseHeadersAsync() => responseHeadersAsync;

    public Status GetStatus() => getStatusFunc();

    public Metadata GetTrailers() => getTrailersFunc();

    public void Dispose() => disposeAction();
}
