using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;

namespace EventMesh.Client.Remote;

/// <summary>Publishes with a producer: each lane has one batch under way, which is sent again, on whatever stream there is then, until it is stored or given up.</summary>
internal sealed partial class GrpcPublisher
{
    private readonly LaneTable _lanes;
    private readonly PublishRetries _retries;
    private readonly Queue<TopicLane> _ready = new();
    private bool _isLanesTurn;

    /// <summary>Puts a publish where it waits to be sent. Under the gate.</summary>
    private void Put(PendingPublish publish)
    {
        if (!_lanes.IsNumbered(publish))
        {
            _gathering.Add(publish);
        }
        else if (_lanes.Add(publish) is { } idle)
        {
            _ready.Enqueue(idle);
        }
    }

    /// <summary>The next message; lanes and the others take turns. Under the gate.</summary>
    private OutgoingMessage? TakeNext()
    {
        _isLanesTurn = !_isLanesTurn;
        return _ready.Count > 0 && (_isLanesTurn || _gathering.IsEmpty) ? TakeReady() : _gathering.Take();
    }

    private OutgoingMessage TakeReady()
    {
        var message = new OutgoingMessage();
        while (message.Events < _options.MaxMessageEvents && message.Bytes < _options.MaxMessageBytes && _ready.TryDequeue(out var lane))
        {
            message.Add(_lanes.Begin(lane)!);
        }

        return message;
    }

    private void LeaveUnlessNumbered(PendingBatch batch)
    {
        if (batch.Lane is null)
        {
            Leave(batch);
        }
    }

    private void Stored(PendingBatch batch)
    {
        if (batch.Lane is { } lane)
        {
            lock (_gate)
            {
                lane.Stored();
                Leave(batch);
                GoOn(lane);
            }
        }
    }

    private void Failed(PendingBatch batch, EventMeshException failure)
    {
        if (batch.Lane is not { } lane)
        {
            batch.Fail(failure);
            return;
        }

        var wait = TimeSpan.Zero;
        Remedy remedy;
        lock (_gate)
        {
            remedy = _retries.Judge(lane, failure, _aborting.IsCancellationRequested, out wait);
            if (remedy == Remedy.GiveUp)
            {
                Leave(batch);
            }

            if (wait == TimeSpan.Zero)
            {
                GoOn(lane);
            }
        }

        if (remedy == Remedy.GiveUp)
        {
            batch.Fail(failure);
        }

        if (wait > TimeSpan.Zero)
        {
            _ = GoOnLaterAsync(lane, wait);
        }

        _wake.Writer.TryWrite(true);
    }

    private void GoOn(TopicLane lane)
    {
        if (_lanes.GoesOn(lane))
        {
            _ready.Enqueue(lane);
        }
    }

    /// <summary>Never throws. A client that is being disposed waits no longer: the attempt then fails, and is the last.</summary>
    private async Task GoOnLaterAsync(TopicLane lane, TimeSpan wait)
    {
        await Task.Delay(wait, _options.TimeProvider, _aborting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _ready.Enqueue(lane);
        }

        _wake.Writer.TryWrite(true);
    }
}
