namespace EventMesh.Storage;

/// <summary>Event ids of this room's log messages: 1000-1099.</summary>
internal static class EventIds
{
    public const int FlushListenerFailed = 1000;
}
