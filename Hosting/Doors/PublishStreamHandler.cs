using System.Threading.Channels;
using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;

namespace EventMesh.Hosting.Doors;

/// <summary>Runs one publish stream: requests are handed to the node in the order in which they come, results go back in that order.</summary>
/// <remarks>
/// Reading goes on while earlier messages wait for their flush, up to <see cref="MaxMessagesUnderWay"/>; then the client's flow control holds it back.
/// What the messages hold is bounded by the node: beyond its limits a request is answered with <c>Busy</c> at once.
/// </remarks>
internal sealed class PublishStreamHandler(IMeshNode node, DoorInstruments instruments)
{
    private const int MaxMessagesUnderWay = 64;

    private readonly Channel<Task<PublishResult>[]> _underWay = Channel.CreateBounded<Task<PublishResult>[]>(
        new BoundedChannelOptions(MaxMessagesUnderWay) { SingleReader = true, SingleWriter = true });

    public async Task RunAsync(
        IAsyncStreamReader<PublishMessage> requests,
        IServerStreamWriter<PublishResults> results,
        ServerCallContext context,
        CancellationToken closing)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, closing);

        // Clients send events only after they have seen these: an error before them leaves nothing in doubt.
        await context.WriteResponseHeadersAsync([]);
        var writing = WriteAsync(results, ending.Token);
        var reading = ReadAsync(requests, ending.Token);
        if (await Task.WhenAny(reading, writing) is { IsCompletedSuccessfully: false })
        {
            await ending.CancelAsync();
        }

        await Task.WhenAll(reading, writing);
    }

    private async Task ReadAsync(IAsyncStreamReader<PublishMessage> requests, CancellationToken cancellationToken)
    {
        try
        {
            while (await requests.MoveNext(cancellationToken))
            {
                var message = requests.Current;
                var outcomes = new Task<PublishResult>[message.Requests.Count];
                for (var i = 0; i < outcomes.Length; i++)
                {
                    outcomes[i] = PublishAsync(message.Requests[i]);
                }

                await _underWay.Writer.WriteAsync(outcomes, cancellationToken);
            }
        }
        finally
        {
            _underWay.Writer.TryComplete();
        }
    }

    private async Task WriteAsync(IServerStreamWriter<PublishResults> results, CancellationToken cancellationToken)
    {
        await foreach (var outcomes in _underWay.Reader.ReadAllAsync(cancellationToken))
        {
            var message = new PublishResults();
            foreach (var outcome in outcomes)
            {
                message.Results.Add(await outcome.WaitAsync(cancellationToken));
            }

            await results.WriteAsync(message, cancellationToken);
        }
    }

    /// <summary>Hands a request over before it returns; its refusal is a result, not the end of the stream.</summary>
    private async Task<PublishResult> PublishAsync(PublishRequest request)
    {
        try
        {
            var (topic, events, producer, durability) = PublishRequests.Read(request);

            // Not cancelled with the stream: what was handed over is stored, and the next client call must not overtake it.
            var receipt = await node.PublishAsync(topic, events, producer, durability, CancellationToken.None);
            instruments.OnPublished(receipt.Count, events.Bytes.Length);
            return new PublishResult { Receipt = PublishRequests.ToWire(receipt) };
        }
        catch (EventMeshException refusal)
        {
            instruments.OnRefused(refusal.Code);
            return new PublishResult { Error = DoorErrors.ToWire(refusal) };
        }
    }
}
