using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Storage;

namespace EventMesh.Client.Tests.Doors;

/// <summary>Looks through all topics after every flush.</summary>
internal sealed class FakeSubscription : IMeshSubscription, IFlushListener
{
    private readonly IEventLog _log;
    private readonly SubscribeRequest _request;
    private readonly Dictionary<TopicName, LogOffset> _cursors;
    private readonly SemaphoreSlim _flushed = new(0);
    private readonly IDisposable _listening;

    public FakeSubscription(IEventLog log, SubscribeRequest request)
    {
        _log = log;
        _request = request;
        _cursors = new(request.Cursors);
        _listening = log.Subscribe(this);
        SinceUnixMs = request is { Start: SubscribeStart.Live, StartValue: { } since } ? since : log.CurrentTimeUnixMs;
    }

    public long SinceUnixMs { get; }

    public void OnFlushed(ReadOnlySpan<TopicAdvance> advances) => _flushed.Release();

    public async ValueTask<Delivery> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var topic in _log.ListTopics(default, 1_000).Where(topic => _request.Patterns.Any(pattern => pattern.Matches(topic.Topic))))
            {
                var reader = _log.GetReader(topic.Topic);
                if (!_cursors.TryGetValue(topic.Topic, out var cursor))
                {
                    cursor = StartOf(reader);
                }

                var batch = await reader.ReadAsync(cursor, maxBytes, 100, cancellationToken);
                _cursors[topic.Topic] = batch.Next;
                if (batch.Records.Count > 0)
                {
                    return new Delivery(topic.Topic, batch, reader.Bounds.End);
                }

                batch.Dispose();
            }

            await _flushed.WaitAsync(cancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        _listening.Dispose();
        _flushed.Dispose();
        return ValueTask.CompletedTask;
    }

    private LogOffset StartOf(ITopicReader reader) => _request.Start switch
    {
        SubscribeStart.Earliest => reader.Bounds.Start,
        SubscribeStart.Offset => new LogOffset(_request.StartValue ?? 0),
        SubscribeStart.Time => reader.OffsetAtTime(_request.StartValue ?? 0),
        _ => reader.OffsetAtTime(SinceUnixMs),
    };
}
