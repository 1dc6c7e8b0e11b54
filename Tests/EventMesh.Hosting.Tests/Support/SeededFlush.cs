using EventMesh.Storage;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Flushes after a seeded number of detours over the thread pool, so that flushes meet everything else at other moments each time.</summary>
internal sealed class SeededFlush(int seed) : IWorkScheduler
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    public void Schedule(Action work)
    {
        int detours;
        lock (_gate)
        {
            detours = _random.Next(6);
        }

        Detour(work, detours);
    }

    private static void Detour(Action work, int left) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => Continue(work, left), null);

    private static void Continue(Action work, int left)
    {
        if (left == 0)
        {
            work();
        }
        else
        {
            Detour(work, left - 1);
        }
    }
}
