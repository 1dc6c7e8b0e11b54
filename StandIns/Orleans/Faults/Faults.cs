// Makes the choices that fault options ask for.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

namespace EventMesh.StandIns.Runtime;

internal sealed class Faults(FaultOptions options)
{
    private const int MostHops = 8;
    private readonly Lock _gate = new();
    private readonly Random _random = new(options.Seed);

    public bool ReorderCalls => options.ReorderCalls;

    public bool LosesResponse() => Happens(options.LoseResponses);

    public bool DeactivatesNow() => Happens(options.DeactivateIdle);

    public int Next(int bound)
    {
        lock (_gate)
        {
            return _random.Next(bound);
        }
    }

    /// <summary>Runs after a random number of detours through the pool, so that what is sent together arrives in any order.</summary>
    public void Delay(Action deliver) =>
        ThreadPool.UnsafeQueueUserWorkItem(Hop, new Detour(deliver, Next(MostHops)), preferLocal: false);

    /// <summary>Brings any of the waiting calls to the front.</summary>
    public void Rotate(Queue<GrainCall> waiting)
    {
        if (waiting.Count < 2)
        {
            return;
        }

        for (int i = Next(waiting.Count); i > 0; i--)
        {
            waiting.Enqueue(waiting.Dequeue());
        }
    }

    private static void Hop(Detour detour)
    {
        if (detour.Hops == 0)
        {
            detour.Deliver();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(Hop, detour with { Hops = detour.Hops - 1 }, preferLocal: false);
    }

    private bool Happens(double chance)
    {
        if (chance <= 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _random.NextDouble() < chance;
        }
    }

    private sealed record Detour(Action Deliver, int Hops);
}
