namespace EventMesh.Storage.Files.Tools;

/// <summary>Times of the store's formats for people.</summary>
internal static class ToolTime
{
    /// <summary>UTC milliseconds as a time; what lies beyond the calendar is its end.</summary>
    public static DateTimeOffset From(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
