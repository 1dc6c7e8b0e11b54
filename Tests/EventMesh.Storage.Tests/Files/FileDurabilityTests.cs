using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Format;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files;

/// <summary>What a receipt waits for: what the publish asks for, else what is configured for the topic, else what is configured for the store.</summary>
public sealed class FileDurabilityTests
{
    private static async Task<(FileLogHarness Harness, ITopicWriter Writer)> OpenAsync(string topic)
    {
        var options = FileLogHarness.OptionsFor(new EventLogLimits());
        options.Durability = Durability.Os;
        options.Durabilities.Add(new TopicDurability { Pattern = "metrics.>", Durability = Durability.Memory });
        options.Durabilities.Add(new TopicDurability { Pattern = "orders.*", Durability = Durability.Disk });
        var harness = new FileLogHarness(options, seed: 1);
        return (harness, await harness.Log.OpenWriterAsync(TopicName.Parse(topic), CancellationToken.None));
    }

    [Theory]
    [InlineData("metrics.cpu", Durability.Default, Durability.Memory)]
    [InlineData("orders.eu", Durability.Default, Durability.Disk)]
    [InlineData("other", Durability.Default, Durability.Os)]
    [InlineData("metrics.cpu", Durability.Disk, Durability.Disk)]
    [InlineData("orders.eu", Durability.Memory, Durability.Memory)]
    public async Task Append_NamesTheDurabilityThatWasAskedForOrConfigured(string topic, Durability asked, Durability expected)
    {
        var (harness, writer) = await OpenAsync(topic);
        await using var _ = harness;

        var pending = writer.AppendAsync(Batches.Of("a"), default, asked, CancellationToken.None).AsTask();

        Assert.Equal(expected == Durability.Memory, pending.IsCompleted);
        harness.Run();
        Assert.Equal(expected, (await pending).Durability);
    }

    [Fact]
    public async Task Append_AtOs_IsAcknowledgedThoughTheFlushFailsAndAtDiskIsNot()
    {
        var (harness, writer) = await OpenAsync("other");
        await using var _ = harness;
        var os = writer.AppendAsync(Batches.Of("a"), default, Durability.Os, CancellationToken.None).AsTask();
        var disk = writer.AppendAsync(Batches.Of("b"), default, Durability.Disk, CancellationToken.None).AsTask();
        var isWritten = false;
        harness.Directory.Plan = operation =>
        {
            isWritten |= operation.Action == DeviceAction.Write && operation.Position >= SegmentHeader.PageBytes;
            return isWritten && operation.Action == DeviceAction.Flush ? DeviceFault.Error : DeviceFault.None;
        };

        harness.Run();

        Assert.Equal(Durability.Os, (await os).Durability);
        await Assert.ThrowsAsync<Core.Errors.EventMeshException>(() => disk);
        Assert.Equal(0, harness.Log.GetReader(writer.Topic).Bounds.End.Value);
    }
}
