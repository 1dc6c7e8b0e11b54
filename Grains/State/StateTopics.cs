using System.Security.Cryptography;
using System.Text;
using EventMesh.Core.Topics;
using Orleans.Runtime;

namespace EventMesh.Grains.State;

/// <summary>Which topic holds which state.</summary>
/// <remarks>
/// A kind of the mesh's own grains is the name of their state (<c>$state.peers</c>); the state of the host's grains is a kind of its own below
/// <c>grains</c> (<c>$state.grains.cart</c>), so that neither takes the other's room.
/// </remarks>
public static class StateTopics
{
    /// <summary>The kind that holds what the node knows of its peers.</summary>
    public const string Peers = "peers";

    private const string Prefix = "$state.";
    private const string OwnTypes = "eventmesh.";
    private const string HostKinds = "grains.";
    private const int MaxNameChars = 100;
    private const int MarkChars = 8;

    /// <summary>The topic of <paramref name="kind"/>.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>InvalidTopic</c>: the kind cannot be part of a topic's name.</exception>
    public static TopicName Of(string kind) => TopicName.Parse(Prefix + kind);

    /// <summary>The kind that holds the state called <paramref name="stateName"/> of grains of <paramref name="type"/>.</summary>
    /// <remarks>A name with characters that topics do not know, or a very long one, is written with <c>-</c> for each of them and a mark of its hash behind.</remarks>
    internal static string KindOf(string stateName, GrainType type)
    {
        var isOwn = type.ToString()!.StartsWith(OwnTypes, StringComparison.Ordinal);
        return isOwn ? stateName : HostKinds + ToSegment(stateName);
    }

    private static string ToSegment(string name)
    {
        var clipped = name.Length > MaxNameChars ? name[..MaxNameChars] : name;
        var segment = string.Create(clipped.Length, clipped, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsAsciiLetterOrDigit(from[i]) || from[i] == '_' ? from[i] : '-';
            }
        });
        if (segment == name && segment.Length > 0)
        {
            return segment;
        }

        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..MarkChars];
        return $"{segment}-{mark}";
    }
}
