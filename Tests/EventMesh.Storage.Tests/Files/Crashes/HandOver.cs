using EventMesh.Core.Events;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Something that was handed over and is not known to be flushed yet.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="First">Its first offset; for a trim the new start.</param>
/// <param name="Count">How many offsets it takes; 0 for a trim, and for a batch that was stored before.</param>
/// <param name="Durability">What was asked for.</param>
/// <param name="Wait">Ends when that is reached.</param>
/// <param name="Check">Checks what the task has ended with.</param>
internal sealed record HandOver(TopicLedger Topic, long First, int Count, Durability Durability, Task Wait, Action Check)
{
    public long End => First + Count;

    public bool IsTrim { get; init; }

    /// <summary>Whether whoever waited has been told that its durability is reached.</summary>
    public bool IsAcknowledged { get; set; }

    public override string ToString() => $"{(IsTrim ? "trim to" : "records from")} {First} ({Count}) of {Topic.Topic} at {Durability}";
}
