using EventMesh.Client.Events;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Subscriptions;

/// <summary>A subscription that survives its connections: it keeps the cursors and opens the next connection at them.</summary>
internal sealed class MeshSubscription : IMeshSubscription
{
    private readonly ISubscriptionSource _source;
    private readonly SubscribeOptions _options;
    private readonly MeshClientOptions _client;
    private readonly Backoff _backoff;
    private readonly CursorTable _cursors;
    private readonly CancellationTokenSource _closing = new();
    private readonly Queue<MeshEvent> _rewinds = new();
    private ISubscriptionConnection? _connection;
    private long? _since;
    private int _enumerated;

    private MeshSubscription(ISubscriptionSource source, SubscribeOptions options, MeshClientOptions client)
    {
        _source = source;
        _options = options;
        _client = client;
        _backoff = new Backoff(client);
        _cursors = new CursorTable(options.Cursors, client.MaxSubscriptionTopics);
    }

    public int Reconnects { get; private set; }

    public IReadOnlyList<SubscriptionCursor> Cursors => _cursors.ToList();

    /// <summary>Opens the first connection; its failure is the caller's.</summary>
    public static async ValueTask<MeshSubscription> OpenAsync(
        ISubscriptionSource source, SubscribeOptions options, MeshClientOptions client, CancellationToken cancellationToken)
    {
        var subscription = new MeshSubscription(source, options, client);
        await subscription.ConnectAsync(cancellationToken);
        return subscription;
    }

    public async IAsyncEnumerator<MeshEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
        {
            throw new InvalidOperationException("A subscription can be enumerated once; open another.");
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        while (await NextAsync(linked.Token, cancellationToken) is { } deliveries)
        {
            while (_rewinds.TryDequeue(out var rewind))
            {
                yield return rewind;
            }

            foreach (var delivery in deliveries)
            {
                foreach (var record in delivery.Records)
                {
                    _cursors.Advance(delivery.Topic, record);
                    yield return new MeshEvent(delivery.Topic, record, _client.Serializer);
                }

                _cursors.Advance(delivery.Topic, delivery.Next);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await DisconnectAsync();
    }

    /// <summary>The next records, over as many connections as it takes; null once the subscription is disposed.</summary>
    private async ValueTask<IReadOnlyList<DeliveredRecords>?> NextAsync(CancellationToken linked, CancellationToken callers)
    {
        while (true)
        {
            try
            {
                if (_connection is null)
                {
                    await ConnectAsync(linked);
                    Reconnects++;
                }

                // What was lost is said before what follows it.
                var deliveries = _rewinds.Count > 0 ? [] : await _connection!.NextAsync(linked);
                _backoff.Reset();
                return deliveries;
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested && !callers.IsCancellationRequested)
            {
                return null;
            }
            catch (EventMeshException exception) when (exception.IsTransient && !linked.IsCancellationRequested)
            {
                // The log keeps what comes meanwhile; the cursors say where to go on.
                await DisconnectAsync();
                if (!await _backoff.WaitAsync(exception.RetryAfter, linked))
                {
                    callers.ThrowIfCancellationRequested();
                    return null;
                }
            }
        }
    }

    private async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await _source.OpenAsync(new SubscriptionState(_options, StartValue(), Cursors), cancellationToken);
        _connection = connection;
        _since ??= connection.SinceUnixMs;
        foreach (var topic in connection.RewoundTopics)
        {
            _rewinds.Enqueue(Rewind(topic));
        }
    }

    private async ValueTask DisconnectAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    private long? StartValue() => _options.Start switch
    {
        SubscriptionStart.Offset => _options.Offset.Value,
        SubscriptionStart.Time => _options.Time.ToUnixTimeMilliseconds(),
        SubscriptionStart.Live => _since,
        _ => null,
    };

    /// <summary>The node's log of the topic is not the one that the reader was on: its rest is lost to this subscription, which starts over.</summary>
    private MeshEvent Rewind(TopicName topic)
    {
        var lost = _cursors.Remove(topic);
        return new MeshEvent(topic, lost.Next, new Gap(lost.LastOrigin, lost.LastPosition, lost.LastPosition, GapReason.OriginRewound), _client.Serializer);
    }
}
