// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.IO.Pipelines;
using System.Net;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// One call. It ends once, with one status: the server's, the transport's, the deadline's or a cancellation's, whichever is first.
/// Ending it before the server does cancels the HTTP request, which resets the stream.
/// </summary>
internal sealed partial class GrpcCall<TRequest, TResponse> : ICallState, IDisposable
    where TRequest : class
    where TResponse : class
{
    private const string UserAgent = "grpc-dotnet-standin/2.85.0";

    private RequestStreamWriter<TRequest, TResponse>? _requests;
    private Task<TResponse>? _singleResponse;

    public GrpcCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        Channel = channel;
        Method = method;
        Options = options;
        CancellationToken = _cancellation.Token;
        _deadline = Checked(options.Deadline);
        channel.Add(this);
    }

    public GrpcChannel Channel { get; }

    public Method<TRequest, TResponse> Method { get; }

    public CallOptions Options { get; }

    /// <summary>Ends when the response headers have arrived, and fails if the call ends before.</summary>
    public Task<HttpResponseMessage> Response => _headersArrived.Task;

    public RequestStreamWriter<TRequest, TResponse> OpenRequestStream() => _requests = new(this);

    public Task<TResponse> StartForSingleResponse(HttpContent content) => _singleResponse = RunSingleAsync(content);

    public IAsyncStreamReader<TResponse> StartForResponseStream(HttpContent content)
    {
        _ = RunStreamAsync(content);
        return new ResponseStreamReader<TRequest, TResponse>(this);
    }

    private async Task<TResponse> RunSingleAsync(HttpContent content)
    {
        TResponse? message;
        try
        {
            var response = await SendAsync(content).ConfigureAwait(false);
            message = await ReadSingleAsync(response).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw Fail("Error starting gRPC call.", exception);
        }

        var status = EndByServer(isMessageMissing: message is null);
        return status.StatusCode == StatusCode.OK ? message! : throw CreateException(status);
    }

    private async Task RunStreamAsync(HttpContent content)
    {
        try
        {
            await SendAsync(content).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // It is the call's status now: the reader and the writer throw it to the caller.
            _ = Fail("Error starting gRPC call.", exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContent content)
    {
        StartEarlyEnds();
        CancellationToken.ThrowIfCancellationRequested();
        var request = CreateRequest(content);
        var response = Channel.Invoker is HttpClient client
            ? await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken).ConfigureAwait(false)
            : await Channel.Invoker.SendAsync(request, CancellationToken).ConfigureAwait(false);
        SetResponse(response);
        if (ResponseHead.EarlyStatus(response) is { StatusCode: not StatusCode.OK } status)
        {
            TryEnd(status, isByServer: true);
            throw CreateException(status);
        }

        return response;
    }

    private HttpRequestMessage CreateRequest(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Channel.UriOf(Method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        foreach (var entry in Options.Headers ?? Metadata.Empty)
        {
            if (entry.Key != GrpcHeaders.Timeout)
            {
                headers.TryAddWithoutValidation(entry.Key, entry.WireValue);
            }
        }

        if (_deadline != DateTime.MaxValue)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Encode(_deadline - DateTime.UtcNow));
        }

        return request;
    }

    /// <summary>The one message of a response that is no stream; null if there is none, as when the call was refused.</summary>
    private async ValueTask<TResponse?> ReadSingleAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStreamAsync(CancellationToken).ConfigureAwait(false);
        var frames = new FrameReader(
            PipeReader.Create(body), Channel.MaxReceiveMessageSize, () => ResponseHead.RefuseCompressed(response));
        TResponse? message = null;
        try
        {
            while (true)
            {
                if (!frames.TryTake(out var payload))
                {
                    if (!await frames.FillAsync(CancellationToken).ConfigureAwait(false))
                    {
                        return message;
                    }
                }
                else if (message is null)
                {
                    message = new PayloadContext().Deserialize(payload, Method.ResponseMarshaller.ContextualDeserializer);
                }
                else
                {
                    throw new InvalidDataException("Unexpected data after finished reading message.");
                }
            }
        }
        finally
        {
            frames.Complete();
        }
    }
}
