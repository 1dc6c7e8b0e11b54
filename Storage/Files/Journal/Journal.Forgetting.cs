using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>Forgetting topics that were deleted long ago: their numbering goes with the last segment that has it.</summary>
/// <remarks>
/// In between nobody may write to the topic, for a record that began at 0 again beside the old head, if that came back after a power failure, would contradict it.
/// </remarks>
internal sealed partial class Journal
{
    private static readonly TimeSpan ForgettingRetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether <see cref="TryForget"/> would be true now.</summary>
    public bool IsForgettable(TopicLog topic, long deletedBeforeUnixMs)
    {
        // Most topics are not deleted: only those that are cost the journal's gate.
        if (topic.DeletedAtUnixMs == 0 || topic.DeletedAtUnixMs >= deletedBeforeUnixMs)
        {
            return false;
        }

        lock (_gate)
        {
            lock (topic.Gate)
            {
                return CanForget(topic, deletedBeforeUnixMs);
            }
        }
    }

    /// <summary>Begins to forget the topic, if it was deleted before <paramref name="deletedBeforeUnixMs"/> and nobody has written to it since: its writers are refused from here on.</summary>
    /// <remarks>
    /// Not one that has events of the running incarnation: when it is written again it would give the same positions to other events, and the peers would take them
    /// for repeats.
    /// </remarks>
    public bool TryForget(TopicLog topic, long deletedBeforeUnixMs)
    {
        lock (_gate)
        {
            lock (topic.Gate)
            {
                return topic.IsForgotten = CanForget(topic, deletedBeforeUnixMs);
            }
        }
    }

    /// <summary>Ends what <see cref="TryForget"/> began: the topic is gone where <paramref name="isGone"/>, else as it was.</summary>
    public void EndForget(TopicLog topic, bool isGone)
    {
        lock (_gate)
        {
            if (isGone)
            {
                _store.Topics.Remove(topic.Name);
            }
            else
            {
                lock (topic.Gate)
                {
                    topic.IsForgotten = false;
                }
            }
        }
    }

    private bool CanForget(TopicLog topic, long deletedBeforeUnixMs) =>
        topic.HandedOver is null
        && topic.Writers == 0
        && topic.DeletedAtUnixMs > 0
        && topic.DeletedAtUnixMs < deletedBeforeUnixMs
        && topic.Own.Incarnation < _store.Identity.Incarnation
        && topic.Slices.Length == 1
        && topic.Open.Length == 0;

    private static void CheckNotForgotten(TopicLog topic)
    {
        if (topic.IsForgotten)
        {
            throw new EventMeshException(
                MeshErrorCode.Busy, $"Topic '{topic.Name}' was deleted long ago and is just being forgotten; it can be written again in a moment.")
            {
                RetryAfter = ForgettingRetryAfter,
            };
        }
    }
}
