namespace EventMesh.Core.Routing;

/// <summary>A node of the trie: what follows one segment of a pattern. One writer changes it while any number of threads read.</summary>
internal sealed class RoutingNode<TTarget>
    where TTarget : notnull
{
    private SegmentMap<RoutingNode<TTarget>>? _literals;
    private RoutingNode<TTarget>? _star;
    private RoutingNode<TTarget>? _tail;
    private RoutingTarget<TTarget>[] _targets = [];

    /// <summary>Children for literal segments; null while there is none.</summary>
    public SegmentMap<RoutingNode<TTarget>>? Literals => Volatile.Read(ref _literals);

    /// <summary>The child for <c>*</c>.</summary>
    public RoutingNode<TTarget>? Star => Volatile.Read(ref _star);

    /// <summary>The child for a final <c>></c>; it has targets and no children.</summary>
    public RoutingNode<TTarget>? Tail => Volatile.Read(ref _tail);

    /// <summary>Targets of the pattern that ends here. The array is replaced, never changed.</summary>
    public RoutingTarget<TTarget>[] Targets
    {
        get => Volatile.Read(ref _targets);
        set => Volatile.Write(ref _targets, value);
    }

    /// <summary>The writer's record of how often each target was added here; readers do not look at it.</summary>
    public Dictionary<RoutingTarget<TTarget>, int>? Repeats { get; set; }

    public bool IsEmpty => _targets.Length == 0 && _star is null && _tail is null && _literals is null or { Count: 0 };

    public RoutingNode<TTarget>? Child(ReadOnlySpan<char> segment) => segment switch
    {
        "*" => _star,
        ">" => _tail,
        _ => _literals?.Find(segment),
    };

    public RoutingNode<TTarget> GetOrAddChild(ReadOnlySpan<char> segment)
    {
        if (Child(segment) is { } child)
        {
            return child;
        }

        child = new RoutingNode<TTarget>();
        switch (segment)
        {
            case "*":
                Volatile.Write(ref _star, child);
                break;
            case ">":
                Volatile.Write(ref _tail, child);
                break;
            default:
                var literals = _literals ?? new SegmentMap<RoutingNode<TTarget>>();
                literals.Add(segment.ToString(), child);
                Volatile.Write(ref _literals, literals);
                break;
        }

        return child;
    }

    public void RemoveChild(ReadOnlySpan<char> segment)
    {
        switch (segment)
        {
            case "*":
                Volatile.Write(ref _star, null);
                break;
            case ">":
                Volatile.Write(ref _tail, null);
                break;
            default:
                _literals!.Remove(segment);
                if (_literals.Count == 0)
                {
                    Volatile.Write(ref _literals, null);
                }

                break;
        }
    }
}

/// <summary>A target with an id that no other target of the table has or will have, so that matches can be told apart cheaply.</summary>
internal sealed class RoutingTarget<TTarget>(TTarget target, long id)
{
    public TTarget Target { get; } = target;

    public long Id { get; } = id;

    /// <summary>Patterns that lead to it.</summary>
    public int Patterns { get; set; }
}
