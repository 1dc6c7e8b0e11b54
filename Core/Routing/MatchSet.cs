using System.Numerics;

namespace EventMesh.Core.Routing;

/// <summary>What <see cref="RoutingTable{TTarget}.Match"/> found. Reused from match to match; one thread at a time.</summary>
/// <remarks>Allocates only to grow, so a warm set allocates nothing.</remarks>
public sealed class MatchSet<TTarget>
    where TTarget : notnull
{
    /// <summary>Up to this many targets, comparing ids one by one beats hashing them.</summary>
    private const int ScanLimit = 16;

    private TTarget[] _targets = new TTarget[4];
    private long[] _ids = new long[4];
    private Mark[] _marks = [];
    private long _round;
    private bool _marked;

    /// <summary>How many targets match.</summary>
    public int Count { get; private set; }

    /// <summary>The targets, each once, in no particular order; valid until the next match.</summary>
    public ReadOnlySpan<TTarget> Targets => _targets.AsSpan(0, Count);

    internal void Clear()
    {
        // Targets left behind would be kept alive by a set that is used rarely.
        Array.Clear(_targets, 0, Count);
        Count = 0;
        _marked = false;
    }

    internal void Add(long id, TTarget target)
    {
        if (Count < ScanLimit ? _ids.AsSpan(0, Count).Contains(id) : !TryMark(id))
        {
            return;
        }

        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _targets, Count * 2);
        }

        _ids[Count] = id;
        _targets[Count++] = target;
    }

    /// <summary>Marks <paramref name="id"/> in an open-addressed table whose marks are void outside their round; false if it is marked.</summary>
    private bool TryMark(long id)
    {
        if (!_marked || Count * 2 >= _marks.Length)
        {
            RebuildMarks();
        }

        return Place(id);
    }

    private bool Place(long id)
    {
        var mask = _marks.Length - 1;
        for (var i = (int)(id * 0x9E3779B1L >> 8) & mask; ; i = (i + 1) & mask)
        {
            ref var mark = ref _marks[i];
            if (mark.Round != _round)
            {
                mark = new Mark(id, _round);
                return true;
            }

            if (mark.Id == id)
            {
                return false;
            }
        }
    }

    private void RebuildMarks()
    {
        if (Count * 4 > _marks.Length)
        {
            _marks = new Mark[BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, Count * 4))];
        }

        _marked = true;
        _round++;
        foreach (var id in _ids.AsSpan(0, Count))
        {
            Place(id);
        }
    }

    private readonly record struct Mark(long Id, long Round);
}
