// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>How a call ends, and what can be asked of it after.</summary>
internal sealed partial class GrpcCall<TRequest, TResponse>
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource<HttpResponseMessage> _headersArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTime _deadline;
    private DeadlineTimer? _timer;
    private CancellationTokenRegistration _callerCancellation;
    private HttpResponseMessage? _response;
    private Task<Metadata>? _responseHeaders;
    private Metadata? _trailers;
    private EndState? _end;
    private volatile bool _isDisposed;

    /// <summary>Cancelled when the call ends before the server ended it.</summary>
    public CancellationToken CancellationToken { get; }

    public bool IsDisposed => _isDisposed;

    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    public bool TryGetStatus(out Status status)
    {
        var end = Volatile.Read(ref _end);
        status = end?.Status ?? default;
        return end is not null;
    }

    public Status GetStatus() =>
        TryGetStatus(out var status)
            ? status
            : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() =>
        Trailers() ?? throw new InvalidOperationException(
            "Can't get the call trailers because the call has not completed successfully.");

    public Task<Metadata> GetResponseHeadersAsync() => _responseHeaders ??= ReadHeadersAsync();

    public void Dispose()
    {
        _isDisposed = true;
        TryEnd(new Status(StatusCode.Cancelled, "gRPC call disposed."), isByServer: false);
        Observe(_singleResponse);
    }

    /// <summary>Ties a token to the call: it cancels the call, until the registration is disposed.</summary>
    public CancellationTokenRegistration CancelWith(CancellationToken token) =>
        !token.CanBeCanceled || token == Options.CancellationToken
            ? default
            : token.UnsafeRegister(static (call, token) => ((GrpcCall<TRequest, TResponse>)call!).CancelByCaller(token), this);

    public RpcException CreateException(Status status)
    {
        try
        {
            return new RpcException(status, Trailers() ?? Metadata.Empty);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // A status must not get lost over trailers that cannot be read.
            ClientLog.BadTrailers(Channel.Logger, Method.FullName, exception);
            return new RpcException(status);
        }
    }

    /// <summary>What the server sent after the messages; null while it has not, and if the call ended otherwise.</summary>
    private Metadata? Trailers() =>
        _trailers ??= Volatile.Read(ref _end) is { IsByServer: true } && _response is { } response ? ResponseHead.ReadTrailers(response) : null;

    /// <summary>Ends the call for a failure, unless it has ended; returns what to throw, which is the call's status either way.</summary>
    public RpcException Fail(string summary, Exception exception)
    {
        var status = exception is OperationCanceledException
            ? new Status(StatusCode.Cancelled, "", exception)
            : TransportErrors.ToStatus(summary, exception);
        if (status.StatusCode == StatusCode.Cancelled && _deadline <= DateTime.UtcNow)
        {
            // The server keeps the same deadline and may be the first to reset the stream for it.
            status = new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException);
        }

        TryEnd(status, isByServer: false);
        return CreateException(GetStatus());
    }

    /// <summary>Ends the call with the status that the server gave, once the body was read to its end.</summary>
    public Status EndByServer(bool isMessageMissing = false)
    {
        var status = ResponseHead.FinalStatus(_response!);
        if (isMessageMissing && status.StatusCode == StatusCode.OK)
        {
            status = new Status(StatusCode.Internal, "Failed to deserialize response message.");
        }

        TryEnd(status, isByServer: true);
        return GetStatus();
    }

    private static DateTime Checked(DateTime? deadline) => deadline switch
    {
        null => DateTime.MaxValue,
        { Kind: DateTimeKind.Utc } => deadline.Value,
        _ when deadline == DateTime.MaxValue || deadline == DateTime.MinValue => deadline.Value,
        _ => throw new InvalidOperationException(
            "Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue."),
    };

    private static void Observe(Task? task) =>
        task?.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

    /// <summary>Arms what can end the call before the server does.</summary>
    private void StartEarlyEnds()
    {
        if (_deadline != DateTime.MaxValue)
        {
            if (_deadline <= DateTime.UtcNow)
            {
                TryEnd(new Status(StatusCode.DeadlineExceeded, ""), isByServer: false);
                return;
            }

            _timer = new DeadlineTimer(_deadline, () => TryEnd(new Status(StatusCode.DeadlineExceeded, ""), isByServer: false));
            _timer.Start();
        }

        if (Options.CancellationToken.CanBeCanceled)
        {
            _callerCancellation = Options.CancellationToken.UnsafeRegister(
                static (call, token) => ((GrpcCall<TRequest, TResponse>)call!).CancelByCaller(token), this);
        }
    }

    private void CancelByCaller(CancellationToken token) =>
        TryEnd(
            new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(token)), isByServer: false);

    private void SetResponse(HttpResponseMessage response)
    {
        _response = response;
        _headersArrived.TrySetResult(response);
        if (TryGetStatus(out _))
        {
            // The call ended while the headers came in, and could not dispose what it did not have.
            response.Dispose();
        }
    }

    private void TryEnd(Status status, bool isByServer)
    {
        if (Interlocked.CompareExchange(ref _end, new EndState(status, isByServer), null) is not null)
        {
            return;
        }

        if (status.StatusCode != StatusCode.OK)
        {
            ClientLog.CallFailed(Channel.Logger, Method.FullName, status.StatusCode, status.Detail, status.DebugException);
        }

        if (!isByServer)
        {
            _cancellation.Cancel();
        }

        _timer?.Dispose();
        _callerCancellation.Unregister();
        _response?.Dispose();
        _requests?.Abandon();
        _headersArrived.TrySetCanceled();
        Channel.Remove(this);
    }

    private async Task<Metadata> ReadHeadersAsync()
    {
        try
        {
            var response = await _headersArrived.Task.ConfigureAwait(false);
            return ResponseHead.ReadMetadata(response.Headers);
        }
        catch (OperationCanceledException)
        {
            // The call ended without headers; its status says why.
            throw CreateException(GetStatus());
        }
    }

    private sealed record EndState(Status Status, bool IsByServer);
}
