using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Hosting.Node;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting;

/// <summary>Checks every value of <see cref="EventMeshOptions"/>; a message begins with the configuration key.</summary>
internal sealed class EventMeshOptionsValidator : IValidateOptions<EventMeshOptions>
{
    public ValidateOptionsResult Validate(string? name, EventMeshOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = Check(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Check(EventMeshOptions options)
    {
        if (!Core.Identity.NodeId.TryParse(options.NodeId, out _))
        {
            yield return Message("NodeId", $"'{options.NodeId}' must have 1 to {Core.Identity.NodeId.MaxLength} characters of A-Z a-z 0-9 . _ -.");
        }

        if (options.PeerListen.Length > 0 && !HostAndPort.TryParseListen(options.PeerListen, out _))
        {
            yield return Message("PeerListen", $"'{options.PeerListen}' must be address:port with a numeric address, localhost or *, or empty.");
        }

        if (!HostAndPort.TryParseAddress(options.HttpAddress, out _))
        {
            yield return Message("HttpAddress", $"'{options.HttpAddress}' must be a numeric address, localhost or *.");
        }

        foreach (var failure in CheckPeers(options).Concat(CheckRanges(options)))
        {
            yield return failure;
        }

        foreach (var (key, rule) in DataDirectory.Check(options))
        {
            yield return $"{MeshErrorCode.InvalidConfiguration.ToLabel()} {key}: {rule}";
        }
    }

    private static IEnumerable<string> CheckPeers(EventMeshOptions options)
    {
        var seen = new HashSet<Core.Identity.NodeId>();
        foreach (var entry in PeerAddress.Entries(options))
        {
            if (!PeerAddress.TryParse(entry, out var peer))
            {
                yield return Message("ConnectPeer", $"'{entry}' must be id=host:port with a port of 1 to 65535.");
            }
            else if (peer.Peer.Value == options.NodeId)
            {
                yield return Message("ConnectPeer", $"'{entry}' names this node itself.");
            }
            else if (!seen.Add(peer.Peer))
            {
                yield return Message("ConnectPeer", $"'{entry}' names a peer that another entry names too.");
            }
        }
    }

    private static IEnumerable<string> CheckRanges(EventMeshOptions options)
    {
        if (options.HttpPort is < 0 or > 65535)
        {
            yield return Message("HttpPort", $"{options.HttpPort} must be 0 to 65535.");
        }

        if (options.MaxPendingTopicBytes < EventLimits.MaxBatchBytes)
        {
            yield return Message("MaxPendingTopicBytes", $"{options.MaxPendingTopicBytes} must be at least {EventLimits.MaxBatchBytes}, one batch.");
        }

        if (options.MaxPendingBytes < options.MaxPendingTopicBytes)
        {
            yield return Message("MaxPendingBytes", $"{options.MaxPendingBytes} must be at least MaxPendingTopicBytes.");
        }

        if (options.MaxSessions is < 1 or > 1_000_000)
        {
            yield return Message("MaxSessions", $"{options.MaxSessions} must be 1 to 1000000.");
        }

        if (options.SweepInterval < TimeSpan.FromMilliseconds(10) || options.SweepInterval > TimeSpan.FromDays(1))
        {
            yield return Message("SweepInterval", $"{options.SweepInterval} must be 10 ms to 1 day.");
        }

        if (options.SubscribeTimeout < TimeSpan.FromMilliseconds(100) || options.SubscribeTimeout > TimeSpan.FromMinutes(10))
        {
            yield return Message("SubscribeTimeout", $"{options.SubscribeTimeout} must be 100 ms to 10 minutes.");
        }
    }

    private static string Message(string key, string rule) =>
        $"{MeshErrorCode.InvalidConfiguration.ToLabel()} {EventMeshOptions.Section}:{key}: {rule}";
}
