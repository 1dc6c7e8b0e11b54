using EventMesh.StandIns.Grpc.Tests.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>Does what the request's <c>act</c> says.</summary>
public sealed class ParrotService(ParrotState state) : Parrot.ParrotBase
{
    public override async Task<Line> Say(Line request, ServerCallContext context)
    {
        switch (request.Act)
        {
            case "headers":
                await context.WriteResponseHeadersAsync(new Metadata { { "x-early", "bird" }, { "x-early-bin", [0, 255] } });
                context.ResponseTrailers.Add("x-late", "owl");
                context.ResponseTrailers.Add("x-late-bin", [1, 2, 3]);
                return request;
            case "bad trailer":
                context.ResponseTrailers.Add("x-late", "a\r\nb");
                return request;
            case "bad header":
                await context.WriteResponseHeadersAsync(new Metadata { { "x-early", "a\r\nb" } });
                return request;
            case "headers twice":
                await context.WriteResponseHeadersAsync([]);
                await context.WriteResponseHeadersAsync([]);
                return request;
            case "fail":
                throw new RpcException(
                    new Status((StatusCode)request.Number, request.Text), new Metadata { { "x-why", "because" }, { "x-why-bin", [9] } });
            case "status":
                context.Status = new Status((StatusCode)request.Number, request.Text);
                return request;
            case "crash":
                throw new InvalidOperationException(request.Text);
            case "null":
                return null!;
            case "hang":
                await HangAsync(context);
                return request;
            case "ignore deadline":
                state.Started.TrySetResult();
                await state.Released.Task;
                return request;
            default:
                return Describe(request, context);
        }
    }

    public override async Task<Tally> Listen(IAsyncStreamReader<Line> requestStream, ServerCallContext context)
    {
        var tally = new Tally();
        await foreach (var line in requestStream.ReadAllAsync())
        {
            switch (line.Act)
            {
                case "stop":
                    return tally;
                case "fail":
                    throw new RpcException(new Status(StatusCode.Aborted, "heard enough"));
                case "wait":
                    state.Started.TrySetResult();
                    await state.Released.Task;
                    break;
            }

            state.Advance();
            tally.Lines++;
            tally.Bytes += line.Payload.Length;
        }

        return tally;
    }

    public override async Task Recite(Wish request, IServerStreamWriter<Line> responseStream, ServerCallContext context)
    {
        try
        {
            await ReciteLinesAsync(request, responseStream);
            switch (request.Act)
            {
                case "fail":
                    context.ResponseTrailers.Add("x-late", "owl");
                    throw new RpcException(new Status(StatusCode.DataLoss, "forgot the rest"));
                case "hang":
                    await HangAsync(context);
                    break;
            }
        }
        finally
        {
            state.Ended.TrySetResult();
        }
    }

    public override async Task Talk(
        IAsyncStreamReader<Line> requestStream, IServerStreamWriter<Line> responseStream, ServerCallContext context)
    {
        state.Started.TrySetResult();
        try
        {
            while (await requestStream.MoveNext(CancellationToken.None))
            {
                if (requestStream.Current.Act == "leave")
                {
                    return;
                }

                await responseStream.WriteAsync(requestStream.Current);
            }

            await responseStream.WriteAsync(new Line { Text = "you are silent" });
        }
        finally
        {
            state.Ended.TrySetResult();
        }
    }

    private static Line Describe(Line request, ServerCallContext context)
    {
        var reply = request.Clone();
        switch (request.Act)
        {
            case "metadata":
                reply.Text = string.Join("|", context.RequestHeaders.GetAll("x-word").Select(entry => entry.Value));
                reply.Payload = ByteString.CopyFrom(context.RequestHeaders.GetValueBytes("x-word-bin") ?? []);
                break;
            case "context":
                reply.Text = string.Join(
                    "|",
                    context.Method,
                    context.Host,
                    context.Peer,
                    context.GetHttpContext().Request.Protocol,
                    context.Deadline == DateTime.MaxValue ? "no deadline" : context.Deadline.Kind.ToString());
                break;
            case "certificate":
                reply.Text = string.Join("|", context.AuthContext.PeerIdentity.Select(property => property.Value));
                break;
        }

        return reply;
    }

    private async Task ReciteLinesAsync(Wish request, IServerStreamWriter<Line> responseStream)
    {
        var payload = UnsafeByteOperations.UnsafeWrap(new byte[request.Size]);
        for (var i = 0; i < request.Count; i++)
        {
            if (request.Act == "buffer")
            {
                responseStream.WriteOptions = new WriteOptions(i < request.Count - 1 ? WriteFlags.BufferHint : default);
            }

            await responseStream.WriteAsync(new Line { Number = i, Payload = payload });
            state.Advance();
        }
    }

    private async Task HangAsync(ServerCallContext context)
    {
        state.Started.TrySetResult();
        using var registration = context.CancellationToken.Register(() => state.Cancelled.TrySetResult());
        await state.Cancelled.Task;
        context.CancellationToken.ThrowIfCancellationRequested();
    }
}
