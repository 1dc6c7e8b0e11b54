namespace EventMesh.Hosting.Doors;

/// <summary>Log event ids of the doors: 1400-1499.</summary>
internal static class EventIds
{
    public const int DoorsOpened = 1400;
    public const int DoorsClosing = 1401;
    public const int DoorsClosed = 1402;
    public const int CallsAbandoned = 1403;
    public const int SubscriptionOpened = 1410;
    public const int SubscriptionEnded = 1411;
    public const int CursorsRewound = 1412;
    public const int CallFailed = 1420;
}
