namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Holds work back; the run takes it piece by piece. One thread.</summary>
internal sealed class SteppedScheduler : IWorkScheduler
{
    private readonly Queue<Action> _work = new();

    public bool HasWork => _work.Count > 0;

    /// <inheritdoc/>
    public void Schedule(Action work) => _work.Enqueue(work);

    /// <summary>Runs the oldest piece; false if there is none.</summary>
    public bool RunOne()
    {
        if (!_work.TryDequeue(out var work))
        {
            return false;
        }

        work();
        return true;
    }
}
