using EventMesh.Hosting.Node;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>Runs subscriptions: each is a loop of its own over its cursors, held back by its own client and by nobody else's.</summary>
internal sealed partial class SubscribeHandler(IMeshNode node, DoorInstruments instruments, ILogger<SubscribeHandler> logger)
{
    /// <summary>Bytes of bodies after which a message is sent; one larger record goes alone.</summary>
    private const int MessageBytes = 256 * 1024;

    public async Task RunAsync(
        Wire.SubscribeRequest request, IServerStreamWriter<Wire.SubscribeMessage> stream, ServerCallContext context, CancellationToken closing)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, closing);
        var (checkedRequest, rewound) = await SubscribeRequests.ReadAsync(node, request, ending.Token);
        if (rewound.Count > 0)
        {
            LogRewound(logger, rewound.Count);
        }

        var subscription = await node.SubscribeAsync(checkedRequest, ending.Token);
        instruments.OnSubscribed();
        LogOpened(logger, checkedRequest.Patterns.Count, checkedRequest.Start);
        try
        {
            await stream.WriteAsync(Opened(subscription, rewound), ending.Token);
            await DeliverAsync(subscription, stream, request.Packed, ending);
        }
        finally
        {
            instruments.OnUnsubscribed();
            await subscription.DisposeAsync();
            LogEnded(logger);
        }
    }

    private Wire.SubscribeMessage Opened(IMeshSubscription subscription, IEnumerable<Core.Topics.TopicName> rewound)
    {
        var opened = new Wire.SubscriptionOpened
        {
            Node = node.Identity.Node.Value,
            Incarnation = node.Identity.Incarnation.Value,
            SinceUnixMs = subscription.SinceUnixMs,
        };
        opened.RewoundTopics.Add(rewound.Select(static topic => topic.Value));
        return new Wire.SubscribeMessage { Opened = opened };
    }

    private async Task DeliverAsync(
        IMeshSubscription subscription, IServerStreamWriter<Wire.SubscribeMessage> stream, bool packed, CancellationTokenSource ending)
    {
        // Always one read in flight, so that a message takes along whatever is there already and never waits for more.
        var next = ReadAsync();
        try
        {
            while (true)
            {
                var records = new Wire.Records();
                var room = MessageBytes;
                do
                {
                    room -= Add(records, await next, packed);
                    next = ReadAsync();
                }
                while (room > 0 && next.IsCompletedSuccessfully);

                await stream.WriteAsync(new Wire.SubscribeMessage { Records = records }, ending.Token);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await AbandonAsync(next);
        }

        Task<Delivery> ReadAsync() => subscription.ReadAsync(MessageBytes, ending.Token).AsTask();
    }

    private int Add(Wire.Records message, Delivery delivery, bool packed)
    {
        using var batch = delivery.Records;
        message.Topics.Add(RecordMessages.ToWire(delivery.Topic, batch.Records, batch.Next, delivery.End, packed));
        instruments.OnDelivered(batch.Records.Count);
        var bytes = 1;
        foreach (var record in batch.Records)
        {
            bytes += record.Body.Length;
        }

        return bytes;
    }

    /// <summary>Waits for a read that nobody wants any more, so that the subscription can be disposed.</summary>
    private static async Task AbandonAsync(Task<Delivery> read)
    {
        await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (read.IsCompletedSuccessfully)
        {
            (await read).Records.Dispose();
        }
    }
}
