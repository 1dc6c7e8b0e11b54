namespace EventMesh.Core.Events;

/// <summary>How far an append has got when it is acknowledged. A greater value is a stronger promise.</summary>
/// <remarks><see cref="Default"/> is only ever asked for: what is reached is one of the others.</remarks>
public enum Durability
{
    /// <summary>What the node has configured for the topic; flushed to the device where it has nothing configured, or its store has one durability only.</summary>
    Default = -1,

    /// <summary>In the memory of this process.</summary>
    Memory = 0,

    /// <summary>Written to the operating system, not flushed: survives the process, not the machine.</summary>
    Os = 1,

    /// <summary>Flushed to the device: survives kill -9 and power loss.</summary>
    Disk = 2,
}
