using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EventMesh.Storage.Files;

/// <summary>Numbers that nobody can guess: a publisher who knew a segment's salt could make a payload that passes for a group's header.</summary>
internal sealed class CryptoRandom : Random
{
    /// <inheritdoc/>
    public override long NextInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes) & long.MaxValue;
    }

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    protected override double Sample() => throw new NotSupportedException("Whole numbers and bytes only.");
}
