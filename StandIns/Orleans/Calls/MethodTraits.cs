// What a grain method declares about its calls.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;

using Orleans;
using Orleans.Concurrency;

namespace EventMesh.StandIns.Calls;

/// <summary>Read once per method from its attributes.</summary>
internal sealed class MethodTraits
{
    public MethodTraits(Type interfaceType, MethodInfo method)
    {
        Name = $"{interfaceType.Name}.{method.Name}";
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        OneWay = method.ReturnType == typeof(void) || method.IsDefined(typeof(OneWayAttribute));
        ResponseTimeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        ImmutableResult = method.ReturnParameter.IsDefined(typeof(ImmutableAttribute), inherit: false);
    }

    private MethodTraits(string name, bool alwaysInterleave)
    {
        Name = name;
        AlwaysInterleave = alwaysInterleave;
        OneWay = true;
    }

    public static MethodTraits TimerTick { get; } = new("timer tick", alwaysInterleave: false);

    public static MethodTraits InterleavingTimerTick { get; } = new("timer tick", alwaysInterleave: true);

    public string Name { get; }

    public bool AlwaysInterleave { get; }

    public bool ReadOnly { get; }

    public bool OneWay { get; }

    public bool ImmutableResult { get; }

    public TimeSpan? ResponseTimeout { get; }
}
