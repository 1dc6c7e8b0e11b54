namespace EventMesh.Core.Events;

/// <summary>Why events are missing.</summary>
public enum GapReason : byte
{
    /// <summary>Retention or an operator removed them before they were read.</summary>
    Trimmed = 1,

    /// <summary>They are older than the first interest of this node in the topic.</summary>
    BeforeInterest = 2,

    /// <summary>They came while this node had no interest, and it asked not to catch up.</summary>
    NotWanted = 3,

    /// <summary>This node can never take them (limit, name or permission).</summary>
    Refused = 4,

    /// <summary>They were damaged in storage.</summary>
    Corrupt = 5,

    /// <summary>The origin lost them, or lost events that this node still holds, and began again.</summary>
    OriginRewound = 6,
}
