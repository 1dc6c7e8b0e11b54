using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Grains.Silo;
using EventMesh.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.Grains.Topics;

/// <summary>The topics whose writer is open on this silo: doors and links may append through it, without a call of the topic's grain. Thread-safe.</summary>
/// <remarks>
/// <para>Grains place, activate and fence; the term keeps an append beside them safe. Whoever is refused with <c>LogFenced</c> or <c>LogClosed</c> calls the grain,
/// as for a topic that is not here. The batch must be valid and the topic none of the system's: those are not listed here, and nobody looks at the events again.</para>
/// <para>Bounded by the activations: each lists its topic while it has the writer open. An activation counts as used only when it is called, so once
/// a minute one of a topic's appends is to go by the grain: else a busy topic would be collected and opened again all the time.</para>
/// </remarks>
public sealed class OpenTopics([FromKeyedServices(MeshTime.Key)] TimeProvider time)
{
    /// <summary>How long a topic may be used without a call of its grain; half of the idle time after which the grain is collected.</summary>
    public static readonly TimeSpan CallInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<TopicName, OpenTopic> _topics = new();
    private readonly long _interval = (long)(CallInterval.TotalSeconds * time.TimestampFrequency);

    /// <summary>Called when a topic is not open here any more.</summary>
    public Action<TopicName> OnClosed { get; set; } = static _ => { };

    /// <summary>Topics that are open here.</summary>
    public int Count => _topics.Count;

    /// <summary>The topic, if it may be appended to directly now; null where its grain is to be called.</summary>
    public OpenTopic? Find(TopicName topic) => _topics.TryGetValue(topic, out var open) && IsUsable(open) ? open : null;

    /// <summary>Whether a topic that was found before may still be appended to directly.</summary>
    public bool IsUsable(OpenTopic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return !topic.IsClosed && time.GetTimestamp() - topic.CalledAt < _interval;
    }

    /// <summary>The topic's writer has given way: nobody uses it any more, and the next append calls the grain.</summary>
    public void Close(OpenTopic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        topic.IsClosed = true;
        if (_topics.TryRemove(KeyValuePair.Create(topic.Writer.Topic, topic)))
        {
            OnClosed(topic.Writer.Topic);
        }
    }

    /// <summary>Lists a writer that its grain has just opened; an older one of the topic gives way.</summary>
    internal OpenTopic Open(ITopicWriter writer)
    {
        var open = new OpenTopic(writer);
        Called(open);
        if (!writer.Topic.IsSystem)
        {
            _topics.AddOrUpdate(writer.Topic, static (_, added) => added, static (_, older, added) => Replace(older, added), open);
        }

        return open;
    }

    /// <summary>The topic's grain has been called.</summary>
    internal void Called(OpenTopic topic) => topic.CalledAt = time.GetTimestamp();

    private static OpenTopic Replace(OpenTopic older, OpenTopic newer)
    {
        older.IsClosed = true;
        return newer;
    }
}

/// <summary>A topic whose writer is open on this silo.</summary>
public sealed class OpenTopic
{
    private volatile bool _isClosed;
    private long _calledAt;

    internal OpenTopic(ITopicWriter writer) => Writer = writer;

    /// <summary>The writer. It may be fenced or closed at any moment, and then stores nothing.</summary>
    public ITopicWriter Writer { get; }

    /// <summary>Whether it is to be used no longer.</summary>
    public bool IsClosed
    {
        get => _isClosed;
        internal set => _isClosed = value;
    }

    /// <summary>Whether a hand-over that failed before it returned did so because the writer is not the topic's any more: then nothing was stored.</summary>
    public static bool HasGivenWay(Task handOver)
    {
        ArgumentNullException.ThrowIfNull(handOver);
        return handOver.Exception?.InnerException is EventMeshException { Code: MeshErrorCode.LogFenced or MeshErrorCode.LogClosed };
    }

    internal long CalledAt
    {
        get => Volatile.Read(ref _calledAt);
        set => Volatile.Write(ref _calledAt, value);
    }
}
