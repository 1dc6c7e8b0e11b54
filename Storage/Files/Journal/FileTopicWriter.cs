using System.Runtime.CompilerServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>A topic's writer: hands over to the journal in the caller's turn, then waits for the group that took it.</summary>
/// <param name="journal">The journal.</param>
/// <param name="log">The topic.</param>
/// <param name="term">The writer's number.</param>
/// <param name="unasked">What an append that asks for <see cref="Durability.Default"/> waits for.</param>
internal sealed class FileTopicWriter(Journal journal, TopicLog log, Term term, Durability unasked) : ITopicWriter
{
    private int _isClosed;

    public TopicName Topic => Log.Name;

    public Term Term { get; } = term;

    public TopicLog Log { get; } = log;

    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    public LogOffset NextOffset => journal.NextOffset(Log);

    public Position HeldPosition(NodeId origin) => journal.HeldPosition(Log, origin);

    public ValueTask<AppendResult> AppendAsync(EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        }

        try
        {
            var (result, wait) = journal.Append(this, events, producer, durability == Durability.Default ? unasked : durability);
            return wait.IsCompletedSuccessfully ? new(result) : WaitAsync(result, wait, journal.ContinuesInContext, cancellationToken);
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<AppendResult>(e);
        }
    }

    public ValueTask<ReplicateResult> ReplicateAsync(ReplicaBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReplicateResult>(cancellationToken);
        }

        try
        {
            var (result, wait) = journal.Replicate(this, batch);
            return wait.IsCompletedSuccessfully ? new(result) : WaitAsync(result, wait, journal.ContinuesInContext, cancellationToken);
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<ReplicateResult>(e);
        }
    }

    public ValueTask<ReplicateResult> ReplicateAsync(Gap gap, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gap);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReplicateResult>(cancellationToken);
        }

        try
        {
            var (result, wait) = journal.Replicate(this, gap);
            return wait.IsCompletedSuccessfully ? new(result) : WaitAsync(result, wait, journal.ContinuesInContext, cancellationToken);
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<ReplicateResult>(e);
        }
    }

    public ValueTask TrimAsync(LogOffset start, CancellationToken cancellationToken) => TrimAsync(start, isDelete: false, cancellationToken);

    public ValueTask DeleteAsync(CancellationToken cancellationToken) => TrimAsync(default, isDelete: true, cancellationToken);

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            journal.CloseWriter(Log);
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask TrimAsync(LogOffset start, bool isDelete, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        try
        {
            return new(journal.Trim(this, start, isDelete).WaitAsync(cancellationToken));
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>The wait is pooled: a receipt for one event costs no allocation of its own.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<T> WaitAsync<T>(T result, Task wait, bool inContext, CancellationToken cancellationToken)
    {
        await wait.WaitAsync(cancellationToken).ConfigureAwait(inContext);
        return result;
    }
}
