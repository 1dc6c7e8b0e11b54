using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Journal;

/// <summary>An open segment of the journal. Readers hold it while they read, so that it is neither closed nor re-used under them. Thread-safe.</summary>
internal sealed class SegmentFile(IStoreFile file, string name, SegmentHeader header)
{
    private readonly Lock _gate = new();
    private int _readers;
    private Action? _onFree;

    /// <summary>The file; use it between <see cref="TryAcquire"/> and <see cref="Release"/>, or as the store's own work.</summary>
    public IStoreFile File { get; } = file;

    /// <summary>The file's name in the store's directory.</summary>
    public string Name { get; } = name;

    public SegmentHeader Header { get; } = header;

    public long Number => Header.Number;

    /// <summary>The last group in it; below <see cref="SegmentHeader.FirstGroup"/> while there is none.</summary>
    public long LastGroup { get; set; } = header.FirstGroup - 1;

    /// <summary>Whether it has its footer and is never written again.</summary>
    public bool IsSealed { get; set; }

    /// <summary>The name of the file of segment <paramref name="number"/>.</summary>
    public static string NameOf(long number) => $"{number:D20}.segment";

    /// <summary>Begins to read; false when the segment is no longer part of the journal.</summary>
    public bool TryAcquire()
    {
        lock (_gate)
        {
            if (_onFree is not null)
            {
                return false;
            }

            _readers++;
            return true;
        }
    }

    /// <summary>Ends what <see cref="TryAcquire"/> began.</summary>
    public void Release()
    {
        Action? free;
        lock (_gate)
        {
            _readers--;
            free = _readers == 0 ? _onFree : null;
        }

        free?.Invoke();
    }

    /// <summary>Takes it out of the journal; <paramref name="onFree"/> runs once, when nobody reads it any more.</summary>
    public void Retire(Action onFree)
    {
        bool isFree;
        lock (_gate)
        {
            _onFree ??= onFree;
            isFree = _readers == 0 && ReferenceEquals(_onFree, onFree);
        }

        if (isFree)
        {
            onFree();
        }
    }
}
