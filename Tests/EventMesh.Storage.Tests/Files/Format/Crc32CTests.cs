using System.Text;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Tests.Files.Format;

public sealed class Crc32CTests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404u)]
    public void Compute_IsThatOfTheStandard(string text, uint expected) => Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Compute_ForAnyLengthAndAnyBegin_IsTheSameInParts()
    {
        var random = new Random(3);
        var bytes = new byte[40_000];
        random.NextBytes(bytes);
        for (var i = 0; i < 2000; i++)
        {
            var length = random.Next(i % 2 == 0 ? 2000 : bytes.Length);
            var part = bytes.AsSpan(random.Next(bytes.Length - length), length);
            var split = random.Next(length + 1);

            var expected = BitByBit(part[..Math.Min(length, 900)]);
            Assert.Equal(expected, Crc32C.Compute(part[..Math.Min(length, 900)]));
            Assert.Equal(Crc32C.Compute(part), Crc32C.Compute(part[split..], Crc32C.Compute(part[..split])));
        }

        Assert.Equal(BitByBit(bytes), Crc32C.Compute(bytes));
        Assert.Equal(BitByBit(bytes.AsSpan(1, 12_289)), Crc32C.Compute(bytes.AsSpan(1, 12_289)));
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return ~crc;
    }
}
