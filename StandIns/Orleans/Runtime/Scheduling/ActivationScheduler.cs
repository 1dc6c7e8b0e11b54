// Runs the work of one activation, one piece at a time.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// Everything that a grain awaits continues here, on a thread of the pool, never on two at once. After a share of work the thread goes to
/// other activations. Unbounded: what is queued is the continuations of calls that were let in.
/// </summary>
internal sealed class ActivationScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    private const int Share = 64;
    private readonly Lock _gate = new();
    private readonly Queue<Task> _tasks = new();
    private bool _scheduled;
    private bool _pumpWanted;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Has the activation look for calls to start.</summary>
    public void RequestPump()
    {
        lock (_gate)
        {
            _pumpWanted = true;
            if (_scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    public Task Run(Func<Task> work) => Flow.Suppressed(
        (work, this),
        static state => Task.Factory
            .StartNew(state.work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, state.Item2).Unwrap());

    public void Execute()
    {
        Activation? outer = RuntimeContext.Current;
        RuntimeContext.Current = activation;
        try
        {
            for (int i = 0; i < Share; i++)
            {
                if (!TryTake(out Task? task))
                {
                    return;
                }

                TryExecuteTask(task);
            }
        }
        finally
        {
            RuntimeContext.Current = outer;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _tasks.Enqueue(task);
            if (_scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(RuntimeContext.Current, activation) && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _tasks];
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Task? task)
    {
        bool pump;
        lock (_gate)
        {
            pump = _pumpWanted;
            _pumpWanted = false;
            if (!pump && !_tasks.TryPeek(out _))
            {
                _scheduled = false;
                task = null;
                return false;
            }
        }

        if (pump)
        {
            // Made here, not by whoever asked, so that it carries nobody's async locals. Starting it puts it into the queue.
            new Task(static state => ((Activation)state!).Pump(), activation, TaskCreationOptions.DenyChildAttach).Start(this);
        }

        lock (_gate)
        {
            task = _tasks.Dequeue();
            return true;
        }
    }
}
