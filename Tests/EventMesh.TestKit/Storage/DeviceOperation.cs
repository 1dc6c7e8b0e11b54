namespace EventMesh.TestKit.Storage;

/// <summary>What a store asks of a device.</summary>
internal enum DeviceAction
{
    Read,
    Write,
    Flush,
    SetLength,
    Create,
    Rename,
    Delete,
    FlushDirectory,
}

/// <summary>One call that a store makes, before it has any effect.</summary>
/// <param name="Number">Counts the calls that change something or make it durable, from 1; a read has the number of the last of them.</param>
/// <param name="Action">What is asked.</param>
/// <param name="File">The file; empty for the directory.</param>
/// <param name="Position">Where in the file.</param>
/// <param name="Length">How many bytes.</param>
internal readonly record struct DeviceOperation(long Number, DeviceAction Action, string File, long Position, long Length);

/// <summary>What is to become of a call.</summary>
internal enum DeviceFault
{
    /// <summary>It works.</summary>
    None,

    /// <summary>It fails. A write has left some of its bytes; of what a flush was to make durable, part is lost, and a later flush brings none of it back.</summary>
    Error,

    /// <summary>A write, or creation, finds the disk full; a write has left some of its bytes.</summary>
    DiskFull,

    /// <summary>Power fails before it has any effect, and for every later call: see <see cref="FaultyDirectory.Crash"/>.</summary>
    PowerFailure,
}
