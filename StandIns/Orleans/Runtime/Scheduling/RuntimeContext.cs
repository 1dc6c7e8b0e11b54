// The activation whose code runs on this thread.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Runtime;

internal static class RuntimeContext
{
    [ThreadStatic]
    private static Activation? _current;

    public static Activation? Current
    {
        get => _current;
        set => _current = value;
    }
}
