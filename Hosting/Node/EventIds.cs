namespace EventMesh.Hosting.Node;

/// <summary>Log event ids of the node and its sessions: 1200-1299.</summary>
internal static class EventIds
{
    public const int NodeStarted = 1200;
    public const int NodeStopping = 1201;
    public const int NodeStopped = 1202;
    public const int PartNotStopped = 1203;
    public const int NotReady = 1205;
    public const int InterestNotStated = 1210;
    public const int InterestRestated = 1211;
    public const int TableComplete = 1212;
    public const int SyncFailed = 1213;
    public const int WakeUpFailed = 1220;
    public const int WakeUpsDropped = 1221;
    public const int SweepFailed = 1222;
    public const int WakeUpFault = 1223;
    public const int AppendUnknown = 1230;
    public const int AppendFenced = 1231;
    public const int AppendRepeated = 1232;
}
