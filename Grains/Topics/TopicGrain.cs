using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Grains.Topics;

/// <summary>Holds a topic's one writer while it is active; everything else is <see cref="TopicSequencer"/>'s.</summary>
/// <remarks>
/// Two activations can exist for a moment: the log fences the older one by its term, which then gives way. A topic that cannot be opened answers
/// with the reason instead of failing its activation, because an activation's failure reaches callers without its code. While the writer is open, doors
/// and links of the silo may append through it beside the grain (<see cref="OpenTopics"/>).
/// </remarks>
[GrainType(MeshGrains.TopicType)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class TopicGrain(IMeshSilo silo, OpenTopics topics, ILogger<TopicGrain> logger) : Grain, ITopicGrain
{
    private TopicSequencer? _sequencer;
    private OpenTopic? _open;
    private EventMeshException? _refusal;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        try
        {
            var topic = TopicName.Parse(key);
            await silo.WaitForTableAsync(cancellationToken);
            var writer = await silo.Log.OpenWriterAsync(topic, cancellationToken);
            _sequencer = new TopicSequencer(writer);
            _open = topics.Open(writer);
            LogOpened(logger, topic, writer.Term.Value, writer.NextOffset.Value);
        }
        catch (EventMeshException refusal)
        {
            _refusal = refusal;
            LogNotOpened(logger, key, refusal.Code, refusal.Message);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_sequencer is not null)
        {
            topics.Close(_open!);
            await _sequencer.CloseAsync();
        }
    }

    public async Task<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        NoteCall();
        var reply = _sequencer is null ? Replies.Refused(Refuse()) : await _sequencer.AppendAsync(request, cancellationToken);
        GiveWayIfFenced(reply.Code);
        return reply;
    }

    public async Task<ReplicateReply> ReplicateAsync(ReplicateRequest request, CancellationToken cancellationToken)
    {
        NoteCall();
        var reply = _sequencer is null
            ? Replies.NotReplicated(Refuse(), [])
            : await _sequencer.ReplicateAsync(request, cancellationToken);
        GiveWayIfFenced(reply.Code);
        return reply;
    }

    private void NoteCall()
    {
        if (_open is not null)
        {
            topics.Called(_open);
        }
    }

    private EventMeshException Refuse()
    {
        DeactivateOnIdle();
        return _refusal ?? new EventMeshException(MeshErrorCode.NodeNotReady, "The topic is not open.");
    }

    private void GiveWayIfFenced(MeshErrorCode code)
    {
        if (code == MeshErrorCode.LogFenced)
        {
            LogFenced(logger, this.GetPrimaryKeyString());
            topics.Close(_open!);
            DeactivateOnIdle();
        }
    }
}
