using EventMesh.Client.Publishing;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Remote;

/// <summary>Gathers publishes into messages: one batch per topic as far as order allows. Not thread-safe.</summary>
internal sealed class PublishMessageBuilder(MeshClientOptions options)
{
    private readonly Queue<OutgoingMessage> _full = new();
    private readonly Dictionary<TopicName, PendingBatch> _open = [];
    private OutgoingMessage _message = new();

    public bool IsEmpty => _full.Count == 0 && _message.Batches.Count == 0;

    public void Add(PendingPublish publish)
    {
        if (_message.Events > 0 &&
            (_message.Events >= options.MaxMessageEvents || _message.Bytes + publish.Bytes > options.MaxMessageBytes))
        {
            _full.Enqueue(Close());
        }

        // A batch has one durability. An event with another begins a new one behind it, so that the topic keeps its order.
        if (!_open.TryGetValue(publish.Topic, out var batch) || batch.Durability != publish.Options.Durability)
        {
            batch = new PendingBatch(publish.Topic, publish.Options.Durability, publish.Bytes);
            _open[publish.Topic] = batch;
            _message.Batches.Add(batch);
        }

        batch.Add(publish);
        _message.Events++;
        _message.Bytes += publish.Bytes;
    }

    /// <summary>The oldest message, or null when nothing has gathered.</summary>
    public OutgoingMessage? Take() => _full.Count > 0 ? _full.Dequeue() : _message.Batches.Count > 0 ? Close() : null;

    private OutgoingMessage Close()
    {
        var message = _message;
        _message = new OutgoingMessage();
        _open.Clear();
        return message;
    }
}
