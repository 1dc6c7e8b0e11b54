using Grpc.Wire;

namespace EventMesh.StandIns.Grpc.Tests.StandInOnly;

public sealed class WireTextTests
{
    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "1m")]
    [InlineData(10_000, "1m")]
    [InlineData(10_001, "2m")]
    [InlineData(999_999_990_000, "99999999m")]
    [InlineData(1_000_000_000_000, "100000S")]
    [InlineData(long.MaxValue / 2, "99999999S")]
    public void Encode_OfTicks_RoundsUpAndKeepsEightDigits(long ticks, string expected) =>
        Assert.Equal(expected, GrpcTimeout.Encode(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData("2H", 7_200_000)]
    [InlineData("3M", 180_000)]
    [InlineData("4S", 4_000)]
    [InlineData("5m", 5)]
    [InlineData("6000u", 6)]
    [InlineData("7000000n", 7)]
    [InlineData("99999999H", 99_999_999_000)]
    public void TryDecode_OfValidText_GivesTime(string text, long milliseconds)
    {
        Assert.True(GrpcTimeout.TryDecode(text, out var timeout));
        Assert.Equal(milliseconds, (long)timeout.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5x")]
    [InlineData("0S")]
    [InlineData("-1S")]
    [InlineData(" 1S")]
    [InlineData("99999999999S")]
    public void TryDecode_OfInvalidText_IsFalse(string? text) => Assert.False(GrpcTimeout.TryDecode(text, out _));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("a\r\nb", "a%0D%0Ab")]
    [InlineData("é", "%C3%A9")]
    [InlineData("~\u007f", "~%7F")]
    public void Encode_OfText_EscapesWhatHeadersCannotCarry(string text, string expected)
    {
        Assert.Equal(expected, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(expected));
    }

    [Theory]
    [InlineData("100%")]
    [InlineData("%zz")]
    public void Decode_OfMalformedEscapes_KeepsThem(string text) => Assert.Equal(text, PercentEncoding.Decode(text));

    [Theory]
    [InlineData("AQID")]
    [InlineData("AQI=")]
    [InlineData("AQI")]
    [InlineData("AQ")]
    [InlineData("")]
    public void ParseBinary_WithOrWithoutPadding_Decodes(string base64) =>
        Assert.Equal(new byte[] { 1, 2, 3 }.Take(base64.TrimEnd('=').Length * 3 / 4), GrpcHeaders.ParseBinary(base64));

    [Theory]
    [InlineData("A")]
    [InlineData("====")]
    [InlineData("ä===")]
    public void ParseBinary_OfOtherText_Throws(string text) => Assert.Throws<FormatException>(() => GrpcHeaders.ParseBinary(text));
}
