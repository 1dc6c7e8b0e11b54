using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage;

/// <summary>A topic's new read limit.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="End">The offset after the last record that can be read now.</param>
public readonly record struct TopicAdvance(TopicName Topic, LogOffset End);

/// <summary>Hears which topics a flush has made readable.</summary>
public interface IFlushListener
{
    /// <summary>Called in order, on the log's own thread: return quickly, never block, never throw.</summary>
    void OnFlushed(ReadOnlySpan<TopicAdvance> advances);
}
