using System.Collections.Concurrent;
using System.Text;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Format;

/// <summary>Node ids that were read before, so that reading one again makes no new text. Thread-safe.</summary>
internal sealed class NodeNames
{
    // A store holds events of that many nodes per topic at most; more names are read all the same, only not remembered.
    private const int MaxNames = 4096;

    private readonly ConcurrentDictionary<string, NodeId> _names = new(StringComparer.Ordinal);

    /// <summary>The node that <paramref name="ascii"/> names; false when it is no node id.</summary>
    public bool TryGet(ReadOnlySpan<byte> ascii, out NodeId node)
    {
        node = default;
        if (ascii.Length is 0 or > NodeId.MaxLength)
        {
            return false;
        }

        Span<char> text = stackalloc char[NodeId.MaxLength];
        text = text[..Encoding.ASCII.GetChars(ascii, text)];
        if (_names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out node))
        {
            return true;
        }

        if (!NodeId.TryParse(text.ToString(), out node))
        {
            return false;
        }

        if (_names.Count < MaxNames)
        {
            node = _names.GetOrAdd(node.Value, node);
        }

        return true;
    }
}
