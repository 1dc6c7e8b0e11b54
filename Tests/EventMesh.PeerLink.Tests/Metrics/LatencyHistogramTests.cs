using EventMesh.PeerLink.Metrics;

namespace EventMesh.PeerLink.Tests.Metrics;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentile_WhenNothingWasRecorded_IsZero() => Assert.Equal(TimeSpan.Zero, new LatencyHistogram().Percentile(0.5));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    [InlineData(123_456_789)]
    public void Percentile_IsAnUpperBoundAndAtMostTwiceTooHigh(long micros)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromMicroseconds(micros));

        Assert.InRange(histogram.Percentile(0.95).TotalMicroseconds, micros, 2 * micros + 1);
    }

    [Fact]
    public void Percentile_SeparatesTheTailFromTheMedian()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 100; i++)
        {
            histogram.Record(TimeSpan.FromMilliseconds(i < 94 ? 1 : 1_000));
        }

        Assert.InRange(histogram.Percentile(0.5).TotalMilliseconds, 1, 2.1);
        Assert.InRange(histogram.Percentile(0.95).TotalMilliseconds, 1_000, 2_100);
        Assert.Equal(100, histogram.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Record_WhenTheDurationIsAbsurd_StaysInItsBuckets(long ticks)
    {
        var histogram = new LatencyHistogram();

        histogram.Record(TimeSpan.FromTicks(ticks));

        Assert.Equal(1, histogram.Count);
        Assert.True(histogram.Percentile(1) > TimeSpan.Zero);
    }
}
