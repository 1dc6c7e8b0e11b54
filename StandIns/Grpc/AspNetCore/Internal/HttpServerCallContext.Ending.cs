// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// How a call ends: by its handler, or by its deadline, whichever is first. The deadline answers the client and cancels the
/// handler's token at once; what the handler still does after it has no effect.
/// </summary>
internal sealed partial class HttpServerCallContext : IDisposable
{
    private const int ResetCancel = 8;

    private DateTime _deadline = DateTime.MaxValue;
    private DeadlineTimer? _timer;
    private TaskCompletionSource? _deadlineDone;
    private CancellationTokenSource? _cancellation;
    private CancellationToken? _token;
    private CancellationTokenRegistration _abortRegistration;
    private int _end;

    private enum End
    {
        None,
        Handler,
        Deadline,
    }

    public bool IsDeadlineExceeded => Volatile.Read(ref _end) == (int)End.Deadline;

    protected override DateTime DeadlineCore => _deadline;

    protected override CancellationToken CancellationTokenCore => _token ?? _lifetime.RequestAborted;

    public void StartDeadline()
    {
        if (!GrpcTimeout.TryDecode(httpContext.Request.Headers.GrpcTimeout, out var timeout))
        {
            return;
        }

        _deadline = DateTime.UtcNow + timeout;
        _deadlineDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cancellation = new CancellationTokenSource();
        _token = _cancellation.Token;
        _abortRegistration = _lifetime.RequestAborted.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        _timer = new DeadlineTimer(_deadline, () => _ = ExceedDeadlineAsync());
        _timer.Start();
    }

    /// <summary>Ends the call with the status that the handler has set.</summary>
    public Task EndAsync() => EndWithAsync(StatusCore);

    /// <summary>Ends the call with what the exception means.</summary>
    public Task FailAsync(Exception exception, string method)
    {
        if (exception is RpcException refusal)
        {
            ServerLog.HandlerRefused(logger, method, refusal.StatusCode, refusal.Status.Detail, refusal.Status.DebugException);
            foreach (var trailer in refusal.Trailers)
            {
                ResponseTrailersCore.Add(trailer);
            }

            return EndWithAsync(refusal.Status);
        }

        if (exception is OperationCanceledException or IOException && CancellationTokenCore.IsCancellationRequested)
        {
            ServerLog.HandlerCancelled(logger, method, exception);
        }
        else
        {
            ServerLog.HandlerFailed(logger, method, exception);
        }

        var detail = options.EnableDetailedErrors is true ? $" {ExceptionText.Of(exception)}" : "";
        return EndWithAsync(new Status(StatusCode.Unknown, $"Exception was thrown by handler.{detail}", exception));
    }

    /// <summary>Resets the stream: the client sees the call cancelled.</summary>
    public void Reset()
    {
        if (httpContext.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(ResetCancel);
        }
        else
        {
            httpContext.Abort();
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _abortRegistration.Dispose();
        _cancellation?.Dispose();
    }

    private async Task EndWithAsync(Status status)
    {
        var earlier = (End)Interlocked.CompareExchange(ref _end, (int)End.Handler, (int)End.None);
        if (earlier == End.Deadline)
        {
            // The request object is reused once this returns: the deadline must be done with it.
            await _deadlineDone!.Task;
        }
        else
        {
            StatusCore = status;
            // The second attempt follows trailers that were no valid headers, and does without them.
            ResponseStatus.Set(httpContext.Response, status, earlier == End.None ? _responseTrailers : null);
        }

        Dispose();
    }

    private async Task ExceedDeadlineAsync()
    {
        if (Interlocked.CompareExchange(ref _end, (int)End.Deadline, (int)End.None) != (int)End.None)
        {
            return;
        }

        try
        {
            ServerLog.DeadlineExceeded(logger, MethodCore);
            await AnswerDeadlineAsync();
            await _cancellation!.CancelAsync();
        }
        catch (Exception exception)
        {
            // There is nobody to throw to on a timer thread; the call is over either way.
            ServerLog.DeadlineFailed(logger, MethodCore, exception);
        }
        finally
        {
            _deadlineDone!.SetResult();
        }
    }

    private async Task AnswerDeadlineAsync()
    {
        try
        {
            StatusCore = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
            ResponseStatus.Set(httpContext.Response, StatusCore);
            await httpContext.Response.CompleteAsync();
        }
        finally
        {
            Reset();
        }
    }
}
