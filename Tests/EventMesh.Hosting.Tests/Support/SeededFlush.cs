using EventMesh.Storage.Memory;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Flushes after a seeded number of detours over the thread pool, so that flushes meet everything else at other moments each time.</summary>
internal sealed class SeededFlush(int seed) : IFlushScheduler
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    public void Schedule(Action flush)
    {
        int detours;
        lock (_gate)
        {
            detours = _random.Next(6);
        }

        Detour(flush, detours);
    }

    private static void Detour(Action flush, int left) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => Continue(flush, left), null);

    private static void Continue(Action flush, int left)
    {
        if (left == 0)
        {
            flush();
        }
        else
        {
            Detour(flush, left - 1);
        }
    }
}
