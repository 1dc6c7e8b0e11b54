using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>Who sends a batch, and as which of its events of the topic; the default value is nobody, and promises nothing about repeats.</summary>
/// <param name="Producer">The producer.</param>
/// <param name="FirstSequence">The producer's number of the batch's first event: dense per producer and topic, from 0; the others follow.</param>
public readonly record struct ProducerStamp(ProducerId Producer, long FirstSequence)
{
    /// <summary>Whether nobody is named.</summary>
    public bool IsNone => Producer.IsEmpty;
}
