namespace EventMesh.Core.Events;

/// <summary>Sizes that every door, link and log enforces.</summary>
public static class EventLimits
{
    /// <summary>Largest encoded event (headers and payload), in bytes.</summary>
    public const int MaxEventBytes = 1024 * 1024;

    /// <summary>Largest batch, in bytes of its packed form.</summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    /// <summary>Most events in a batch.</summary>
    public const int MaxBatchEvents = 65_536;

    /// <summary>Most headers of an event.</summary>
    public const int MaxHeaders = 64;

    /// <summary>Longest header name plus value, in bytes of UTF-8.</summary>
    public const int MaxHeaderBytes = 4 * 1024;

    /// <summary>Largest frame on a link, in bytes of events; one larger event travels alone.</summary>
    public const int MaxFrameBytes = 256 * 1024;

    /// <summary>Latest time of an event, in UTC milliseconds since 1970: the end of the year 9999.</summary>
    public const long MaxTimeUnixMs = 253_402_300_799_999;
}
