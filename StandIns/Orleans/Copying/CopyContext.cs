// One copying of arguments or of a result.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

namespace EventMesh.StandIns.Copying;

internal enum CopyMode
{
    /// <summary>Within a runtime: what is declared immutable is shared.</summary>
    Local,

    /// <summary>Between runtimes, as if serialized: everything needs a serializer, and only what that carries arrives.</summary>
    Wire,
}

/// <summary>Remembers what it has copied, so that shared and cyclic references keep their shape. For one thread; returned by disposing.</summary>
internal sealed class CopyContext : IDisposable
{
    [ThreadStatic]
    private static CopyContext? _spare;

    private Dictionary<object, object>? _copies;

    public CopyMode Mode { get; private set; }

    /// <summary>The runtime that the copy is for; references in it are bound to that one.</summary>
    public ICallSender? Receiver { get; private set; }

    public static CopyContext Rent(CopyMode mode, ICallSender? receiver)
    {
        CopyContext context = _spare ?? new CopyContext();
        _spare = null;
        context.Mode = mode;
        context.Receiver = receiver;
        return context;
    }

    public void Dispose()
    {
        _copies?.Clear();
        Receiver = null;
        _spare = this;
    }

    public T Copy<T>(T value) => Copiers<T>.For(Mode).Copy(value, this);

    /// <summary>Copies what is declared immutable at its parameter or member.</summary>
    public T CopyImmutable<T>(T value) => Mode == CopyMode.Local ? value : Copiers<T>.For(Mode).Copy(value, this);

    public T[] CopySpan<T>(ReadOnlySpan<T> span)
    {
        T[] copy = span.ToArray();
        Copier<T> elements = Copiers<T>.For(Mode);
        if (!elements.IsShared)
        {
            for (int i = 0; i < copy.Length; i++)
            {
                copy[i] = elements.Copy(copy[i], this);
            }
        }

        return copy;
    }

    public bool TryGetCopy<T>(T original, out T copy)
        where T : class
    {
        if (_copies is { Count: > 0 } copies && copies.TryGetValue(original, out object? found))
        {
            copy = (T)found;
            return true;
        }

        copy = null!;
        return false;
    }

    public void Record(object original, object copy) =>
        (_copies ??= new Dictionary<object, object>(ReferenceEqualityComparer.Instance))[original] = copy;
}
