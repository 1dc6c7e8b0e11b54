namespace EventMesh.Grains.State;

/// <summary>What a record of a state topic does.</summary>
internal enum StateOperation
{
    /// <summary>Gives a key a new value, whose version is the record's own offset.</summary>
    Set,

    /// <summary>Repeats a key's value and version, so that the record that it was set by may go.</summary>
    Keep,

    /// <summary>Takes a key's value away.</summary>
    Clear,

    /// <summary>Changes nothing: once it can be read, so can all before it.</summary>
    Fence,
}

/// <summary>A record of a state topic; see <c>docs/formats/state.md</c>.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Key">Whose value it is about; empty for a fence.</param>
/// <param name="Version">The version that is kept; 0 for every other operation.</param>
/// <param name="Value">The value; empty for a clear and a fence.</param>
internal readonly record struct StateRecord(StateOperation Operation, string Key, long Version, ReadOnlyMemory<byte> Value);
