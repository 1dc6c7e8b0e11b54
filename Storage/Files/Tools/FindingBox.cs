namespace EventMesh.Storage.Files.Tools;

/// <summary>Gathers findings, the first of them in full, all of them by number; what the node has found itself is told apart. Not thread-safe.</summary>
/// <param name="known">What the node has written into <c>damage.log</c>.</param>
internal sealed class FindingBox(IReadOnlyList<DamageNote> known)
{
    /// <summary>Findings that are kept; further ones are counted.</summary>
    public const int MaxKept = 1000;

    private readonly List<StoreFinding> _kept = [];
    private readonly List<StoreFinding> _pending = [];

    /// <summary>The first <see cref="MaxKept"/>.</summary>
    public IReadOnlyList<StoreFinding> Kept => _kept;

    /// <summary>Findings of <see cref="StoreFindingKind.Damage"/>.</summary>
    public long Damaged { get; private set; }

    /// <summary>Findings of <see cref="StoreFindingKind.Known"/>.</summary>
    public long Known { get; private set; }

    /// <summary>Whether anything waits for <see cref="Keep"/> or <see cref="Drop"/>.</summary>
    public bool HasPending => _pending.Count > 0;

    /// <summary>Adds a note.</summary>
    public void Note(string file, long position, string what, string whatToDo = "") =>
        Add(new StoreFinding(StoreFindingKind.Note, file, position, what, whatToDo));

    /// <summary>Adds damage; true where the node knows of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">Where in it.</param>
    /// <param name="what">What is wrong.</param>
    /// <param name="whatToDo">What to do about it.</param>
    /// <param name="isKnown">Whether it follows from something that the node knows of.</param>
    public bool Damage(string file, long position, string what, string whatToDo, bool isKnown = false)
    {
        isKnown |= known.Any(note => note.File == file && position >= note.Position && position < note.Position + Math.Max(1, note.Length));
        Add(new StoreFinding(isKnown ? StoreFindingKind.Known : StoreFindingKind.Damage, file, position, what, whatToDo));
        return isKnown;
    }

    /// <summary>What was added since stands.</summary>
    public void Keep()
    {
        foreach (var finding in _pending)
        {
            Damaged += finding.Kind == StoreFindingKind.Damage ? 1 : 0;
            Known += finding.Kind == StoreFindingKind.Known ? 1 : 0;
            if (_kept.Count < MaxKept)
            {
                _kept.Add(finding);
            }
        }

        _pending.Clear();
    }

    /// <summary>What was added since was none: the file was no longer what it was taken for.</summary>
    public void Drop() => _pending.Clear();

    private void Add(StoreFinding finding)
    {
        _pending.Add(finding);
        if (_pending.Count > MaxKept)
        {
            // That many in one segment are not all due to the node having taken it away.
            Keep();
        }
    }
}
