// Timers of a grain: they tick on its scheduler, as turns.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>The next period begins when the last tick has ended, so ticks never overlap. Disposing stops it and cancels the tick's token.</summary>
public interface IGrainTimer : IDisposable
{
    void Change(TimeSpan dueTime, TimeSpan period);
}

public readonly struct GrainTimerCreationOptions
{
    public GrainTimerCreationOptions()
    {
    }

    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>Time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for a single tick.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks start while other calls of the activation wait.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as use, so that the activation is not collected.</summary>
    public bool KeepAlive { get; init; }
}
