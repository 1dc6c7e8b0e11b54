// Keeps a caller's async locals out of what it merely sets off.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Runtime;

internal static class Flow
{
    public static T Suppressed<TState, T>(TState state, Func<TState, T> start)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return start(state);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return start(state);
        }
    }

    public static ITimer CreateTimer(TimeProvider time, TimerCallback callback, object state) => Suppressed(
        (time, callback, state),
        static made => made.time.CreateTimer(made.callback, made.state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
}
