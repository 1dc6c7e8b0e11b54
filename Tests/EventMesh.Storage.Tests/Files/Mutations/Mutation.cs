using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Tests.Files.Recovery;

namespace EventMesh.Storage.Tests.Files.Mutations;

/// <summary>Something that has happened to one file of a store.</summary>
internal sealed class Mutation
{
    private const int SectorBytes = 512;

    private readonly BaseStore _store;
    private readonly byte[] _before;

    private Mutation(BaseStore store, string what, string file, byte[]? after)
    {
        (_store, What, File, After) = (store, what, file, after);
        _before = store.Files.First(other => other.Name == file).Bytes;
    }

    /// <summary>For people.</summary>
    public string What { get; }

    public string File { get; }

    /// <summary>The file's bytes; null when it is gone.</summary>
    public byte[]? After { get; }

    /// <summary>Whether anything is different at all.</summary>
    public bool IsChange => After is null || !After.AsSpan().SequenceEqual(_before);

    /// <summary>The store's files with what has happened.</summary>
    public IEnumerable<(string Name, byte[] Bytes)> Files =>
        _store.Files.Where(file => file.Name != File || After is not null).Select(file => file.Name == File ? (file.Name, After!) : file);

    /// <summary>Makes one: first the kind of bytes that it hits, so that rare ones are hit as often as others.</summary>
    public static Mutation Make(BaseStore store, Random random)
    {
        var kinds = store.Regions.Select(static region => region.Key).ToArray();
        var kind = kinds[random.Next(kinds.Length)];
        var regions = store.Regions[kind].ToArray();
        var (file, position, length) = regions[random.Next(regions.Length)];
        var bytes = store.Files.First(other => other.Name == file).Bytes.ToArray();
        var at = (int)(position + random.NextInt64(length));
        var what = $"{file}, {kind}, byte {at}: ";
        switch (random.Next(20))
        {
            case < 9:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return new(store, what + "a bit", file, bytes);

            case < 12:
                var some = bytes.AsSpan(at, Math.Min(1 + random.Next(40), bytes.Length - at));
                random.NextBytes(some);
                return new(store, what + $"{some.Length} bytes", file, bytes);

            case < 14:
                bytes.AsSpan(at / SectorBytes * SectorBytes, Math.Min(SectorBytes, bytes.Length - at / SectorBytes * SectorBytes)).Clear();
                return new(store, what + "its sector is zero", file, bytes);

            case < 16:
                var from = random.Next(bytes.Length / 64) * 64;
                var target = bytes.AsSpan(at / 64 * 64);
                bytes.AsSpan(from, Math.Min(64, Math.Min(target.Length, bytes.Length - from))).ToArray().CopyTo(target);
                return new(store, what + $"64 bytes from {from}", file, bytes);

            case < 17:
                return new(store, what + "the end", file, bytes[..at]);

            case < 18:
                return new(store, what + "more behind the end", file, [.. bytes, .. bytes[^Math.Min(200, bytes.Length)..]]);

            case < 19:
                // A maximum where a length or count may be: asks for more than there is.
                bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(0xFF);
                return new(store, what + "all ones", file, bytes);

            default:
                return new(store, what + "the file is gone", file, null);
        }
    }

    /// <summary>
    /// The first group that nothing shows to have been flushed any more, so that it may be gone without a word; above the last where there is none. In a store that was closed
    /// no group may.
    /// </summary>
    public long FirstThatMayBeCut()
    {
        if (_store.IsClosed || After is null || !_store.Unsealed.Contains(File))
        {
            return long.MaxValue;
        }

        // A later group's header calls those before it flushed, and so does the next segment's.
        var flushed = _store.Groups.Where(group => !_store.Unsealed.Contains(group.Segment.Name) || !IsTouched(group, Storage.Files.Format.GroupHeader.Bytes))
            .Select(group => _store.Unsealed.Contains(group.Segment.Name) ? group.Number - 1 : group.Number)
            .Append(0)
            .Max();
        flushed = Math.Max(flushed, _store.Groups.Where(group => group.Segment.Name == _store.Unsealed.Last()).Min(static group => group.Number) - 1);
        return _store.Groups.Where(group => group.Number > flushed && IsTouched(group, group.Length)).Select(static group => group.Number).DefaultIfEmpty(long.MaxValue).Min();
    }

    private bool IsTouched(WrittenGroup group, int length)
    {
        if (group.Segment.Name != File)
        {
            return false;
        }

        var (from, to) = ((int)group.Position, (int)group.Position + length);
        return After is null || After.Length < to || !After.AsSpan(from..to).SequenceEqual(_before.AsSpan(from..to));
    }
}
