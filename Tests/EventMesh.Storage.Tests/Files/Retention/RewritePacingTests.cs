using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>Rewriting leaves the disk to the journal for most of the time.</summary>
public sealed class RewritePacingTests
{
    [Fact]
    public async Task Timer_WhileASegmentIsRewritten_RestsBetweenStepsThatWriteLittle()
    {
        await using var harness = await RetentionScript.BuildAsync(seed: 1);
        harness.Run();
        harness.Files.Sweep();
        Assert.True(harness.Files.Retention.IsRewriting);
        var (steps, written) = (0, 0L);
        harness.Directory.Plan = operation =>
        {
            // The device is slow: each call takes 5 ms.
            harness.Time.Advance(TimeSpan.FromMilliseconds(operation.Action == DeviceAction.Read ? 0 : 5));
            written += operation.Action == DeviceAction.Write && operation.File.EndsWith(".new", StringComparison.Ordinal) ? operation.Length : 0;
            return DeviceFault.None;
        };
        harness.Time.Advance(RetentionScript.Options.RetentionInterval);
        harness.Run();
        for (; harness.Files.Retention.IsRewriting; steps++)
        {
            Assert.InRange(steps, 0, 10_000);
            var before = written;

            // Nothing is done before the rest is over, however often the scheduler runs.
            harness.Run();
            Assert.Equal(before, written);
            harness.Time.Advance(TimeSpan.FromMilliseconds(5));
            harness.Run();

            // A step's share, one group and the footer at the end.
            Assert.InRange(written - before, 0, RetentionScript.Options.GroupBytes);
        }

        Assert.InRange(steps, 10, 10_000);
        Assert.InRange(written, 1, RetentionScript.Options.SegmentBytes / 2);
    }
}
