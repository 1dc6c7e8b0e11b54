using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Somebody who wants to know when a topic has new records: a subscription, a link, or another silo. Compared by reference.</summary>
internal interface IWakeTarget
{
    /// <summary>Whether it stands for another silo, which wakes its own.</summary>
    bool IsRemote { get; }

    /// <summary>The topic's read limit has moved. Called on the log's thread: quick, never blocks, never throws.</summary>
    void OnAdvanced(TopicAdvance advance);
}
