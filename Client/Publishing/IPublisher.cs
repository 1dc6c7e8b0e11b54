namespace EventMesh.Client.Publishing;

/// <summary>Takes publishes in the order of the calls and completes their tasks.</summary>
internal interface IPublisher : IAsyncDisposable
{
    /// <summary>Takes a publish over, without waiting.</summary>
    void Enqueue(PendingPublish publish);
}
