namespace EventMesh.Storage;

/// <summary>Event ids of this room's log messages: 1000-1099.</summary>
internal static class EventIds
{
    public const int FlushListenerFailed = 1000;

    // Journal: 1030-1049.
    public const int SpareSegmentsBlocked = 1030;
    public const int SpareSegmentsResumed = 1031;
    public const int JournalWriteFailed = 1032;
    public const int JournalCloseFailed = 1033;
    public const int SealFailed = 1034;

    // Retention: 1050-1059.
    public const int RetentionFailed = 1050;
    public const int SegmentDropped = 1051;
    public const int SegmentNotRecycled = 1052;
    public const int SegmentRewritten = 1053;
    public const int SegmentNotRewritten = 1054;
    public const int RewriteLeftOver = 1055;
    public const int TopicsForgotten = 1056;

    // Recovery: 1060-1079.
    public const int DamageFound = 1060;
    public const int DamageTooMuch = 1061;
    public const int DamageNotKept = 1062;
    public const int TornGroupCut = 1063;
    public const int SegmentRead = 1064;
    public const int CheckpointFailed = 1065;
    public const int StoreSlotUnsound = 1066;
}
