namespace EventMesh.Core.Events;

/// <summary>What a record of a log is.</summary>
public enum RecordKind : byte
{
    /// <summary>An event.</summary>
    Event = 1,

    /// <summary>A gap: a run of events that this log will never hold, and why.</summary>
    Gap = 2,
}
