using System.Buffers.Binary;
using System.Text;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Format;

/// <summary>One writing of the <c>store</c> file: whose store it is and how it was left. Layout in <c>docs/formats/journal.md</c>.</summary>
/// <param name="Counter">Counts the writings; the greater of two sound slots holds.</param>
/// <param name="Store">Random, for ever: tells stores of one node apart.</param>
/// <param name="Node">The node that it belongs to.</param>
/// <param name="Incarnation">The greatest that the node has begun.</param>
/// <param name="IsClosed">Whether it was closed: then nothing up to <paramref name="LastGroup"/> may be missing.</param>
/// <param name="LastGroup">Closed: the journal ends there. Open: where it ended when it was last closed, which was flushed.</param>
/// <param name="LastSegment">The greatest segment number given.</param>
/// <param name="DoubtGroup">The last group that was lost without a trace of its topics; 0 for none.</param>
/// <param name="DoubtCount">The most records that the lost groups can have held.</param>
/// <param name="DroppedSegment">The greatest number of a segment that was given up because it held nothing any more: a greater one that is missing is lost.</param>
internal sealed record StoreState(
    long Counter,
    Guid Store,
    NodeId Node,
    Incarnation Incarnation,
    bool IsClosed,
    long LastGroup,
    long LastSegment,
    long DoubtGroup,
    long DoubtCount,
    long DroppedSegment)
{
    /// <summary>Bytes of a slot; the file has two.</summary>
    public const int SlotBytes = 4096;

    /// <summary>The version that this release writes.</summary>
    public const uint Version = 1;

    private const int UsedBytes = 256;
    private const int NodeAt = 52;
    private const uint Open = 1;
    private const uint Closed = 2;

    private static ReadOnlySpan<byte> Magic => "EMSTORE1"u8;

    /// <summary>Writes it into the first bytes of <paramref name="slot"/> and clears the rest.</summary>
    public void Write(Span<byte> slot)
    {
        slot[..SlotBytes].Clear();
        Magic.CopyTo(slot);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[12..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], Counter);
        Store.TryWriteBytes(slot[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(slot[40..], Incarnation.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[48..], IsClosed ? Closed : Open);
        slot[NodeAt] = (byte)Node.Value.Length;
        Encoding.ASCII.GetBytes(Node.Value, slot[(NodeAt + 1)..]);
        BinaryPrimitives.WriteInt64LittleEndian(slot[120..], LastGroup);
        BinaryPrimitives.WriteInt64LittleEndian(slot[128..], LastSegment);
        BinaryPrimitives.WriteInt64LittleEndian(slot[136..], DoubtGroup);
        BinaryPrimitives.WriteInt64LittleEndian(slot[144..], DoubtCount);
        BinaryPrimitives.WriteInt64LittleEndian(slot[152..], DroppedSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], Crc32C.Compute(slot[12..UsedBytes]));
    }

    /// <summary>Reads a slot; null when it is none, or damaged. A version that is not known comes back as <paramref name="version"/> alone.</summary>
    public static StoreState? Read(ReadOnlySpan<byte> slot, out uint version)
    {
        version = 0;
        if (slot.Length < UsedBytes
            || !slot.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]) != Crc32C.Compute(slot[12..UsedBytes]))
        {
            return null;
        }

        version = BinaryPrimitives.ReadUInt32LittleEndian(slot[12..]);
        var length = slot[NodeAt];
        var state = BinaryPrimitives.ReadUInt32LittleEndian(slot[48..]);
        return version != Version
            || length > NodeId.MaxLength
            || state is not (Open or Closed)
            || !NodeId.TryParse(Encoding.ASCII.GetString(slot.Slice(NodeAt + 1, length)), out var node)
                ? null
                : new StoreState(
                    BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
                    new Guid(slot.Slice(24, 16)),
                    node,
                    new Incarnation(BinaryPrimitives.ReadInt64LittleEndian(slot[40..])),
                    state == Closed,
                    BinaryPrimitives.ReadInt64LittleEndian(slot[120..]),
                    BinaryPrimitives.ReadInt64LittleEndian(slot[128..]),
                    BinaryPrimitives.ReadInt64LittleEndian(slot[136..]),
                    BinaryPrimitives.ReadInt64LittleEndian(slot[144..]),
                    BinaryPrimitives.ReadInt64LittleEndian(slot[152..]));
    }
}
