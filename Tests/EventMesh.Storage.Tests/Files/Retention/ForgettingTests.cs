using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using static EventMesh.Storage.Tests.Files.Retention.SegmentCleanerTests;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>A topic that was deleted long ago is forgotten, and only then; whatever happens in between, it never comes back half.</summary>
public sealed class ForgettingTests
{
    private static readonly TopicName Gone = TopicName.Parse("gone");
    private static readonly TopicName Other = TopicName.Parse("other");
    private static readonly TopicName Held = TopicName.Parse("held");
    private readonly FileStorageOptions _options = new()
    {
        SegmentBytes = 64 * 1024,
        SpareSegments = 1,
        GroupBytes = 64 * 1024,
        RetentionAge = TimeSpan.Zero,
        MaxTopics = 3,
    };

    [Fact]
    public async Task Clean_AfterTheMemoryOfDeletedTopics_ForgetsThem()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await DeleteAsync(harness);
        await harness.RestartAsync();
        await TurnOverAsync(harness);
        Assert.NotNull(harness.Files.Store.Topics.Find(Gone));

        harness.Time.Advance(_options.DeletedTopicMemory + TimeSpan.FromMilliseconds(1));
        await TurnOverAsync(harness);

        Assert.Null(harness.Files.Store.Topics.Find(Gone));
        Assert.Equal((0, 0), RetentionRuleTests.Bounds(harness, Gone));
        await FillAsync(harness, Held, 1);
        await FillAsync(harness, TopicName.Parse("one.more"), 1);
        await harness.RestartAsync();
        Assert.Null(harness.Files.Store.Topics.Find(Gone));
    }

    [Fact]
    public async Task Clean_WhenItWasDeletedUnderTheRunningIncarnation_RemembersIt()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await DeleteAsync(harness);

        harness.Time.Advance(2 * _options.DeletedTopicMemory);
        await TurnOverAsync(harness);
        await TurnOverAsync(harness);

        // Its peers hold these positions: they would take other events with them for repeats.
        var next = await AppendAsync(harness, Gone, "again");
        Assert.Equal((5, 5), (next.FirstOffset.Value, next.First.Sequence));
    }

    [Fact]
    public async Task Clean_WhenItIsWrittenAgainInTime_GoesOn()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await DeleteAsync(harness);
        await harness.RestartAsync();
        harness.Time.Advance(_options.DeletedTopicMemory - TimeSpan.FromHours(1));
        await TurnOverAsync(harness);

        var next = await AppendAsync(harness, Gone, "again");
        harness.Time.Advance(2 * _options.DeletedTopicMemory);
        await TurnOverAsync(harness);

        Assert.Equal(5, next.FirstOffset.Value);
        Assert.Equal("[Trimmed] again", await harness.Log.GetReader(Gone).ReadTextAsync());
    }

    [Fact]
    public async Task Clean_WhileAnOlderSegmentHasAPartOfIt_RemembersIt()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await FillAsync(harness, Held, 8);
        await FillAsync(harness, Gone, 5);
        await FillAsync(harness, Other, 1);
        await harness.RestartAsync();
        await DeleteAsync(harness);
        await harness.RestartAsync();
        harness.Time.Advance(2 * _options.DeletedTopicMemory);

        // The first segment holds records of another topic, and too many for a rewriting.
        await TurnOverAsync(harness);
        await TurnOverAsync(harness);
        await harness.PowerFailAsync();

        Assert.Equal((10, 10), RetentionRuleTests.Bounds(harness, Gone));
        Assert.DoesNotContain(harness.Log.ListTopics(default, 10), static topic => topic.Topic == Gone);
        await TrimAsync(harness, Held);
        await TurnOverAsync(harness);
        await TurnOverAsync(harness);
        Assert.Null(harness.Files.Store.Topics.Find(Gone));
    }

    [Fact]
    public async Task OpenWriter_WhileItIsBeingForgotten_IsToldToComeBack()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await DeleteAsync(harness);
        await harness.RestartAsync();
        harness.Time.Advance(2 * _options.DeletedTopicMemory);
        EventMeshException? refusal = null;
        harness.Directory.Plan = operation =>
        {
            if (operation.Action is DeviceAction.Rename or DeviceAction.Delete && harness.Files.Store.Topics.Find(Gone) is { IsForgotten: true })
            {
                refusal ??= Assert.Throws<EventMeshException>(() => harness.Files.Journal.OpenWriter(Gone));
            }

            return DeviceFault.None;
        };

        await TurnOverAsync(harness);

        Assert.Equal((MeshErrorCode.Busy, true), (refusal!.Code, refusal.IsTransient));
        Assert.Equal(0, (await AppendAsync(harness, Gone, "anew")).FirstOffset.Value);
    }

    [Theory]
    [InlineData(DeviceFaultKind.Power)]
    [InlineData(DeviceFaultKind.Error)]
    public async Task Clean_WhenItIsForgottenWrittenAnewAndTheDeviceFailsAnywhere_KeepsWhatWasAcknowledged(DeviceFaultKind kind)
    {
        for (var (at, hasFailed) = (1, true); hasFailed; at++)
        {
            Assert.InRange(at, 1, 500);
            await using var harness = new FileLogHarness(_options, at);
            await DeleteAsync(harness);
            await harness.RestartAsync();
            await FillAsync(harness, Other, 14);
            harness.Time.Advance(2 * _options.DeletedTopicMemory);
            hasFailed = false;
            var first = harness.Directory.Operations;
            harness.Directory.Plan = operation =>
            {
                var fails = operation.Number == first + at && operation.Action != DeviceAction.Read;
                hasFailed |= fails;
                return !fails ? DeviceFault.None : kind == DeviceFaultKind.Power ? DeviceFault.PowerFailure : DeviceFault.Error;
            };
            AppendResult? anew = null;
            try
            {
                await TrimAsync(harness, Other);
                harness.Clean();
                anew = await AppendAsync(harness, Gone, "anew");
            }
            catch (Exception e) when (e is IOException or EventMeshException)
            {
                // Whatever was acknowledged counts, and nothing else.
                Assert.True(hasFailed, e.Message);
            }

            harness.Directory.Plan = null;
            await harness.PowerFailAsync();
            var (start, end) = RetentionRuleTests.Bounds(harness, Gone);
            Assert.True((start, end) is (5, 5) or (0, 0) || anew is not null || end - start == 1, $"{at}: {start}..{end}");
            if (anew is { } receipt)
            {
                Assert.Equal((at, receipt.FirstOffset.Value + 1), (at, end));
                Assert.Equal("anew", Batches.TextOf(Assert.Single(await harness.Log.GetReader(Gone).ReadAllAsync(receipt.FirstOffset.Value))));
            }

            Assert.Equal(0, harness.Log.Health.DamagedRanges);
            Assert.True(hasFailed || anew?.FirstOffset.Value == 0, "It was not forgotten.");
        }
    }

    /// <summary>What becomes of a call.</summary>
    public enum DeviceFaultKind
    {
        /// <summary>Power fails.</summary>
        Power,

        /// <summary>It alone fails.</summary>
        Error,
    }

    private static async Task DeleteAsync(FileLogHarness harness)
    {
        await FillAsync(harness, Gone, 5);
        await using var writer = await harness.Log.OpenWriterAsync(Gone, CancellationToken.None);
        var delete = writer.DeleteAsync(CancellationToken.None);
        harness.Run();
        await delete;
    }

    private static async Task<AppendResult> AppendAsync(FileLogHarness harness, TopicName topic, string text)
    {
        await using var writer = await harness.Log.OpenWriterAsync(topic, CancellationToken.None);
        var pending = writer.AppendAsync(Batches.Of(text), Durability.Disk, CancellationToken.None);
        harness.Run();
        return await pending;
    }

    /// <summary>Fills segments, so that those that were written are sealed and behind others, and leaves nothing of what filled them.</summary>
    private static async Task TurnOverAsync(FileLogHarness harness)
    {
        for (var i = 0; i < 3; i++)
        {
            await FillAsync(harness, Other, 14);
            await TrimAsync(harness, Other);
            harness.Clean();
        }
    }
}
