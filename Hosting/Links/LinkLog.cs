using EventMesh.PeerLink.Sessions;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Links;

/// <summary>The links' log messages.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(LinkEventIds.GatewayStarted, LogLevel.Information, "Links of {Self} start; peers to dial: {Peers}.")]
    public static partial void GatewayStarted(ILogger logger, string self, string peers);

    [LoggerMessage(LinkEventIds.GatewayStopped, LogLevel.Information, "Links of {Self} have ended.")]
    public static partial void GatewayStopped(ILogger logger, string self);

    [LoggerMessage(LinkEventIds.LinkEstablished, LogLevel.Information, "Link {Link} to {Peer} at {Address} is up ({Role}, number {Number}).")]
    public static partial void LinkEstablished(ILogger logger, long link, string peer, string address, LinkRole role, long number);

    [LoggerMessage(LinkEventIds.LinkEnded, LogLevel.Information, "Link {Link} to {Peer} has ended: {Code} {Reason}")]
    public static partial void LinkEnded(ILogger logger, long link, string peer, string code, string reason);

    [LoggerMessage(LinkEventIds.LinkRefused, LogLevel.Warning, "Link {Link} from {Address} was refused: {Code} {Reason}")]
    public static partial void LinkRefused(ILogger logger, long link, string address, string code, string reason);

    [LoggerMessage(LinkEventIds.DialFailed, LogLevel.Information, "Peer {Peer} at {Address} was not linked: {Code} {Reason}")]
    public static partial void DialFailed(ILogger logger, string peer, string address, string code, string reason);

    [LoggerMessage(LinkEventIds.DialingStopped, LogLevel.Error,
        "Peer {Peer} is no longer dialled: {Code}. Two nodes carry one id, or this node was given its own address; correct the configuration and restart it.")]
    public static partial void DialingStopped(ILogger logger, string peer, string code);

    [LoggerMessage(LinkEventIds.HealthChanged, LogLevel.Information, "Peer {Peer} was {From} and is {To}. {Code} {Reason}")]
    public static partial void HealthChanged(ILogger logger, string peer, LinkHealth from, LinkHealth to, string code, string reason);

    [LoggerMessage(LinkEventIds.Notice, LogLevel.Debug, "Peer {Peer}, topic '{Topic}': {Kind} {Code} {Detail}")]
    public static partial void Notice(ILogger logger, string peer, string topic, LinkNoticeKind kind, string code, string detail);

    [LoggerMessage(LinkEventIds.Warning, LogLevel.Warning, "Peer {Peer}, topic '{Topic}': {Kind} {Code} {Detail}")]
    public static partial void Warning(ILogger logger, string peer, string topic, LinkNoticeKind kind, string code, string detail);

    [LoggerMessage(LinkEventIds.OperationFailed, LogLevel.Error, "A link could not {What} topic '{Topic}'; it tries again.")]
    public static partial void OperationFailed(ILogger logger, string what, string topic, Exception error);

    [LoggerMessage(LinkEventIds.ReportFailed, LogLevel.Debug, "The report about peer {Peer} was not taken; the next one repeats it.")]
    public static partial void ReportFailed(ILogger logger, string peer, Exception error);

    [LoggerMessage(LinkEventIds.ClaimFailed, LogLevel.Warning, "Whether this silo may dial peer {Peer} could not be asked; it asks again.")]
    public static partial void ClaimFailed(ILogger logger, string peer, Exception error);

    [LoggerMessage(LinkEventIds.NotOwner, LogLevel.Debug, "Peer {Peer} is dialled by another silo.")]
    public static partial void NotOwner(ILogger logger, string peer);

    [LoggerMessage(LinkEventIds.InterestNotCleared, LogLevel.Debug, "The interest of peer {Peer} was not withdrawn; it goes with the silo.")]
    public static partial void InterestNotCleared(ILogger logger, string peer, Exception error);

    [LoggerMessage(LinkEventIds.LinkFaulted, LogLevel.Error, "Link {Link} ended by a fault in this program.")]
    public static partial void LinkFaulted(ILogger logger, long link, Exception error);

    [LoggerMessage(LinkEventIds.DrainCutShort, LogLevel.Warning, "{Links} links did not end in time and were cut.")]
    public static partial void DrainCutShort(ILogger logger, int links);

    [LoggerMessage(LinkEventIds.BookNotRead, LogLevel.Error, "What the node remembers of its peers could not be read; what was read before stands.")]
    public static partial void BookNotRead(ILogger logger, Exception error);

    [LoggerMessage(LinkEventIds.PeerNotAdded, LogLevel.Error, "Peer {Peer} is not dialled: {Limit} peers are known already. Forget some.")]
    public static partial void PeerNotAdded(ILogger logger, string peer, int limit);

    [LoggerMessage(LinkEventIds.PeerConfigured, LogLevel.Information, "Peer {Peer} has the address '{Address}'; kept off: {IsHeld}.")]
    public static partial void PeerConfigured(ILogger logger, string peer, string address, bool isHeld);
}
