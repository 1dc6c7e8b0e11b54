namespace EventMesh.Grains;

/// <summary>Log event ids of the grains: 1100-1199.</summary>
internal static class EventIds
{
    public const int TopicOpened = 1100;
    public const int TopicNotOpened = 1101;
    public const int TopicFenced = 1102;
    public const int InterestEpoch = 1110;
    public const int InterestPushFailed = 1111;
    public const int InterestGateWaits = 1112;
    public const int InterestDropped = 1113;
    public const int PeerOwner = 1120;
    public const int PeerHealthChanged = 1121;
    public const int PeerNotRemembered = 1122;
    public const int PeerChanged = 1123;
    public const int PeerNoteUnreadable = 1124;
    public const int SessionOpened = 1130;
    public const int SessionClosed = 1131;
    public const int MembershipWatchFailed = 1140;
    public const int StateOpened = 1150;
    public const int StateNotOpened = 1151;
    public const int StateGivesWay = 1152;
    public const int StateDamaged = 1153;
    public const int StateCompacted = 1154;
    public const int StateNotCompacted = 1155;
}
