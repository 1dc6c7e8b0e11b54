using EventMesh.Core.Encoding;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Encoding;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(127UL, 1)]
    [InlineData(128UL, 2)]
    [InlineData(16_383UL, 2)]
    [InlineData(16_384UL, 3)]
    [InlineData(ulong.MaxValue, 10)]
    public void Write_ThenRead_GivesTheValueInTheSizeForetold(ulong value, int size)
    {
        Span<byte> buffer = stackalloc byte[Varint.MaxBytes];

        Assert.Equal(size, Varint.Write(buffer, value));
        Assert.Equal(size, Varint.Size(value));
        Assert.True(Varint.TryRead(buffer, out var read, out var length));
        Assert.Equal((value, size), (read, length));
        Assert.False(Varint.TryRead(buffer[..(size - 1)], out _, out _));
    }

    [Fact]
    public void RoundTrip_ForAnyNumber() => Prop.ForAll(
        Gen.Choose(0, 63).Zip(Gen.Choose(int.MinValue, int.MaxValue)).Select(pair => (long)pair.Item2 << pair.Item1).ToArbitrary(),
        number =>
        {
            var buffer = new byte[Varint.MaxBytes];
            var written = Varint.Write(buffer, Varint.ZigZag(number));
            return Varint.TryRead(buffer.AsSpan(0, written), out var value, out var length) && length == written && Varint.UnZigZag(value) == number;
        }).Holds();

    [Fact]
    public void TryRead_WhateverFollows_SaysWhatReadingByteByByteSays()
    {
        var random = new Random(7);
        var bytes = new byte[14];
        for (var i = 0; i < 200_000; i++)
        {
            random.NextBytes(bytes);
            for (var part = random.Next(13); part > 0; part--)
            {
                bytes[part - 1] |= 0x80;
            }

            var source = bytes.AsSpan(0, random.Next(bytes.Length + 1));

            Assert.Equal(ReadByteByByte(source), Varint.TryRead(source, out var value, out var length) ? (value, length) : null);
        }
    }

    private static (ulong Value, int Length)? ReadByteByByte(ReadOnlySpan<byte> source)
    {
        UInt128 value = 0;
        for (var i = 0; i < Math.Min(source.Length, Varint.MaxBytes); i++)
        {
            value |= (UInt128)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                return value <= ulong.MaxValue ? ((ulong)value, i + 1) : null;
            }
        }

        return null;
    }

    [Fact]
    public void TryRead_WhenAbove64Bits_IsRefused()
    {
        byte[] tooBig = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        byte[] tooLong = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];

        Assert.False(Varint.TryRead(tooBig, out _, out _));
        Assert.False(Varint.TryRead(tooLong, out _, out _));
        Assert.False(Varint.TryRead([], out _, out _));
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(-1, 1UL)]
    [InlineData(1, 2UL)]
    [InlineData(long.MaxValue, ulong.MaxValue - 1)]
    [InlineData(long.MinValue, ulong.MaxValue)]
    public void ZigZag_KeepsSmallNumbersSmall(long value, ulong expected)
    {
        Assert.Equal(expected, Varint.ZigZag(value));
        Assert.Equal(value, Varint.UnZigZag(expected));
    }
}
