namespace EventMesh.Hosting.Links;

/// <summary>Event ids of the links' log messages: 1300 to 1399.</summary>
internal static class LinkEventIds
{
    public const int GatewayStarted = 1300;
    public const int GatewayStopped = 1301;
    public const int LinkEstablished = 1302;
    public const int LinkEnded = 1303;
    public const int LinkRefused = 1304;
    public const int DialFailed = 1305;
    public const int DialingStopped = 1306;
    public const int HealthChanged = 1307;
    public const int Notice = 1308;
    public const int Warning = 1309;
    public const int OperationFailed = 1310;
    public const int ReportFailed = 1311;
    public const int ClaimFailed = 1312;
    public const int NotOwner = 1313;
    public const int InterestNotCleared = 1314;
    public const int LinkFaulted = 1315;
    public const int DrainCutShort = 1316;
    public const int BookNotRead = 1317;
    public const int PeerNotAdded = 1318;
    public const int PeerConfigured = 1319;
}
