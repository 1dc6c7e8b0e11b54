namespace EventMesh.Client.Publishing;

/// <summary>The lanes that hold something, and the numbers of an idempotent client. Not thread-safe.</summary>
internal sealed class LaneTable(MeshClientOptions options)
{
    private readonly Dictionary<LaneKey, TopicLane> _lanes = [];
    private readonly ProducerNumbers? _numbers = options.Idempotent ? new ProducerNumbers(options.MaxProducerTopics) : null;

    /// <summary>Whether a publish has a producer: the caller's, or the client.</summary>
    public bool IsNumbered(PendingPublish publish) => _numbers is not null || !publish.Options.Producer.IsNone;

    /// <summary>Puts a publish into its lane; returns the lane if that was idle, so that somebody has to start it.</summary>
    public TopicLane? Add(PendingPublish publish)
    {
        var producer = publish.Options.Producer.Producer;
        var key = new LaneKey(publish.Topic, producer);
        var isIdle = !_lanes.TryGetValue(key, out var lane);
        if (lane is null)
        {
            lane = new TopicLane(key, producer.IsEmpty ? _numbers?.Of(publish.Topic) : null);
            _lanes.Add(key, lane);
        }

        lane.Add(publish, options);
        return isIdle ? lane : null;
    }

    /// <summary>Whether the lane has more to send; without it is no more.</summary>
    public bool GoesOn(TopicLane lane) => lane.HasWork || !_lanes.Remove(lane.Key);

    /// <summary>What the lane sends now; null when it holds nothing, and is no more.</summary>
    public PendingBatch? Begin(TopicLane lane) => GoesOn(lane) ? lane.Begin() : null;
}
