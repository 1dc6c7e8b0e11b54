using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>The <c>store</c> file: two slots written in turn, so that one is always sound. Thread-safe.</summary>
internal sealed class StoreFile : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string Name = "store";

    private readonly Lock _gate = new();
    private readonly IStoreFile _file;

    private StoreFile(IStoreFile file, StoreState state) => (_file, State) = (file, state);

    /// <summary>What was written last.</summary>
    public StoreState State { get; private set; }

    /// <summary>Whether one of the two slots was found neither sound nor unused: damaged, or its writing was cut short.</summary>
    public bool HadUnsoundSlot { get; private init; }

    /// <summary>Opens the file; null when the directory has none.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: both slots are damaged. <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static StoreFile? Open(IStoreDirectory directory, bool writable)
    {
        if (!directory.List().Any(static file => file.Name == Name))
        {
            return null;
        }

        var file = directory.Open(Name, writable);
        try
        {
            return new StoreFile(file, Read(directory, file, out var hadUnsoundSlot)) { HadUnsoundSlot = hadUnsoundSlot };
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes the file of a new store; durable when it returns. It appears under its name only as a whole.</summary>
    public static StoreFile Create(IStoreDirectory directory, StoreState state)
    {
        const string Unfinished = Name + ".new";
        if (directory.List().Any(static file => file.Name == Unfinished))
        {
            directory.Delete(Unfinished);
        }

        var file = directory.Create(Unfinished, 2 * StoreState.SlotBytes);
        var store = new StoreFile(file, state);
        store.Write(state);
        directory.Rename(Unfinished, Name);
        directory.Flush();
        return store;
    }

    /// <summary>Writes the next state; durable when it returns. Until then the last one holds.</summary>
    public void Write(StoreState state)
    {
        lock (_gate)
        {
            state = state with { Counter = State.Counter + 1 };
            Span<byte> slot = stackalloc byte[StoreState.SlotBytes];
            state.Write(slot);
            _file.Write(state.Counter % 2 * StoreState.SlotBytes, slot);
            _file.Flush();
            State = state;
        }
    }

    /// <summary>Writes down that segment <paramref name="number"/> has been begun, before anything is written to it: durable when it returns. So it is noticed if the segment is missing one day.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void NoteBegun(long number)
    {
        lock (_gate)
        {
            Write(State with { LastSegment = Math.Max(number, State.LastSegment) });
        }
    }

    /// <summary>Writes down that segment <paramref name="number"/> is given up, before it is: durable when it returns. So a segment that is missing for no such reason is noticed.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void NoteDropped(long number)
    {
        lock (_gate)
        {
            if (number > State.DroppedSegment)
            {
                Write(State with { DroppedSegment = number });
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private static StoreState Read(IStoreDirectory directory, IStoreFile file, out bool hasUnsoundSlot)
    {
        // What the file is too short for reads as zeros.
        Span<byte> slots = stackalloc byte[2 * StoreState.SlotBytes];
        slots.Clear();
        file.Read(0, slots);
        var first = StoreState.Read(slots[..StoreState.SlotBytes], out var version);
        var second = StoreState.Read(slots[StoreState.SlotBytes..], out var secondVersion);
        hasUnsoundSlot = (first is null && slots[..StoreState.SlotBytes].ContainsAnyExcept((byte)0))
            || (second is null && slots[StoreState.SlotBytes..].ContainsAnyExcept((byte)0));
        version = Math.Max(version, secondVersion);
        if (version > StoreState.Version)
        {
            throw new EventMeshException(
                MeshErrorCode.StoreVersionUnknown, $"The store in {directory.Location} has version {version}; this release reads {StoreState.Version}. Use the release that wrote it.");
        }

        return (first, second) switch
        {
            (not null, not null) => first.Counter > second.Counter ? first : second,
            _ => first ?? second ?? throw new EventMeshException(
                MeshErrorCode.LogCorrupted, $"Both copies in {directory.Location}/{Name} are damaged, so whose store it is cannot be told. Restore the file from a backup."),
        };
    }
}
