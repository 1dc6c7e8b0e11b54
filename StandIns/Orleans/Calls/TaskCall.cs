// Calls of methods that return a task.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Copying;

namespace EventMesh.StandIns.Calls;

/// <summary>A call without a result.</summary>
internal abstract class TaskCall : GrainCall
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the caller awaits.</summary>
    public Task Answer => _answer.Task;

    public override void Harvest(Task ended)
    {
        if (TaskOutcome.FailureOf(ended) is { } failure)
        {
            SetFailure(failure);
        }
    }

    protected abstract Task Invoke(object instance);

    protected override Task? RunCore(object instance)
    {
        Task task = Invoke(instance) ?? throw TaskOutcome.NoTask(this);
        return task.IsCompletedSuccessfully ? null : task;
    }

    protected override void CopyResult(CopyMode mode, ICallSender? receiver)
    {
    }

    protected override void DeliverResult() => _answer.TrySetResult();

    protected override void DeliverFailure(Exception failure) => _answer.TrySetException(failure);
}

/// <summary>A call with a result.</summary>
internal abstract class TaskCall<T> : GrainCall
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    /// <summary>What the caller awaits.</summary>
    public Task<T> Answer => _answer.Task;

    public override void Harvest(Task ended)
    {
        if (TaskOutcome.FailureOf(ended) is { } failure)
        {
            SetFailure(failure);
        }
        else
        {
            _result = ((Task<T>)ended).Result;
        }
    }

    protected abstract Task<T> Invoke(object instance);

    protected override Task? RunCore(object instance)
    {
        Task<T> task = Invoke(instance) ?? throw TaskOutcome.NoTask(this);
        if (!task.IsCompletedSuccessfully)
        {
            return task;
        }

        _result = task.Result;
        return null;
    }

    protected override void CopyResult(CopyMode mode, ICallSender? receiver)
    {
        if (Copiers<T>.For(mode).IsShared)
        {
            return;
        }

        using CopyContext context = CopyContext.Rent(mode, receiver);
        _result = context.Copy(_result);
    }

    protected override void DeliverResult() => _answer.TrySetResult(_result);

    protected override void DeliverFailure(Exception failure) => _answer.TrySetException(failure);
}

internal static class TaskOutcome
{
    public static Exception? FailureOf(Task ended) => ended.Status switch
    {
        TaskStatus.RanToCompletion => null,
        TaskStatus.Canceled => CancellationOf(ended),
        _ => ended.Exception!.InnerException,
    };

    public static InvalidOperationException NoTask(GrainCall call) => new($"{call.Method.Name} returned no task.");

    private static OperationCanceledException CancellationOf(Task ended)
    {
        try
        {
            ended.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception)
        {
            // The exception that the grain saw, with its stack.
            return exception;
        }

        return new TaskCanceledException(ended);
    }
}
