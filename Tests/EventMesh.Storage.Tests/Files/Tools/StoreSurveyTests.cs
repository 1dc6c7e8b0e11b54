using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Tools;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using static EventMesh.Storage.Tests.Files.Tools.ToolHarness;

namespace EventMesh.Storage.Tests.Files.Tools;

public sealed class StoreSurveyTests
{
    private static readonly InspectOptions AllTopics = new() { WantsTopics = true };

    [Fact]
    public async Task Take_WhenANodeHasTheStoreOpen_TellsWhatIsFlushedAndLeavesTheFilesAlone()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a", "b");
        await harness.AppendAsync(Audit, Batches.Of("x", "y", "z"), new ProducerStamp(ProducerId.Parse("p"), 0));
        await harness.ReplicateAsync(Orders, 7, Position.None, "far");
        var operations = harness.Directory.Operations;

        var store = Survey(harness.Directory);

        Assert.Equal(operations, harness.Directory.Operations);
        Assert.Equal(
            (Own, harness.Store.Log.Identity.Incarnation, false), (store.Store!.Node, store.Store.Incarnation, store.Store.IsClosed));
        var segment = Assert.Single(store.Segments);
        Assert.Equal((1, SegmentCondition.Open, 1, 4, 2), (segment.Number, segment.Condition, segment.FirstGroup, segment.LastGroup, segment.Topics));
        Assert.Equal((segment.RecordBytes, 4), (segment.LiveRecordBytes, store.LastGroup));
        Assert.Equal([Audit, Orders], store.Topics.Select(static topic => topic.Topic));
        var (audit, orders) = (store.Topics[0], store.Topics[1]);
        Assert.Equal((3, 1, 0), (audit.Next.Value, audit.Producers, orders.Producers));
        Assert.Equal(3, orders.Next.Value);
        Assert.Equal(
            [new(Other, Batches.At(7, 0)), new(Own, new Position(harness.Store.Log.Identity.Incarnation, 1))], orders.Positions);
        Assert.Empty(store.Findings);
    }

    [Fact]
    public async Task Take_WhenSegmentsAreSealed_PutsTheirHeadsAndTheOpenGroupsTogether()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, Batches.Of("a"), new ProducerStamp(ProducerId.Parse("p"), 0));
        await harness.ReplicateAsync(Orders, 7, Position.None, "far");
        await harness.FillSegmentsAsync(Audit, 2);
        await harness.AppendAsync(Orders, Batches.Of("b"), new ProducerStamp(ProducerId.Parse("q"), 0));

        var store = Survey(harness.Directory);

        Assert.Equal([SegmentCondition.Sealed, SegmentCondition.Sealed, SegmentCondition.Open], store.Segments.Select(static segment => segment.Condition));
        Assert.All(store.Segments, static segment => Assert.Equal(segment.RecordBytes, segment.LiveRecordBytes));
        var orders = store.Topics.Single(static topic => topic.Topic == Orders);
        Assert.Equal((0, 3, 2, 2), (orders.Start.Value, orders.Next.Value, orders.Producers, orders.Segments));
        Assert.Equal([Batches.At(7, 0), new Position(harness.Store.Log.Identity.Incarnation, 1)], orders.Positions.Select(static pair => pair.Value));
        Assert.Equal(store.Segments[^1].LastGroup, store.LastGroup);
    }

    [Fact]
    public async Task Take_WhenATopicIsTrimmedOrDeleted_CountsItsOldPartsAsDead()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 2);
        await harness.AppendAsync(Audit, "kept");
        var before = Survey(harness.Directory);
        var next = before.Topics.Single(static topic => topic.Topic == Orders).Next.Value;

        await harness.TrimAsync(Orders, next - 1);
        var trimmed = Survey(harness.Directory);
        await harness.DeleteAsync(Orders);
        var deleted = Survey(harness.Directory);
        await harness.AppendAsync(Orders, "again");
        var again = Survey(harness.Directory);

        Assert.Equal([0, 0], trimmed.Segments.Take(2).Select(static segment => segment.LiveRecordBytes));
        Assert.True(trimmed.Segments[2].LiveRecordBytes > 0);
        var orders = Find(trimmed);
        Assert.Equal((next - 1, next), (orders.Start.Value, orders.Next.Value));
        Assert.NotNull(orders.TrimmedAt);
        Assert.Null(orders.DeletedAt);
        orders = Find(deleted);
        Assert.Equal((next, next, 0), (orders.Start.Value, orders.Next.Value, orders.Bytes));
        Assert.NotNull(orders.DeletedAt);
        orders = Find(again);
        Assert.Equal((next, next + 1), (orders.Start.Value, orders.Next.Value));
        Assert.Null(orders.DeletedAt);
        Assert.All(before.Segments.Take(2), static segment => Assert.True(segment.LiveRecordBytes > 0));

        static TopicDescription Find(StoreInspection store) => store.Topics.Single(static topic => topic.Topic == Orders);
    }

    [Fact]
    public async Task Take_WhenTheStoreIsClosed_SaysSoAndSaysTheSameOfTopicsAsWhileItWasOpen()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, Batches.Of("a"), new ProducerStamp(ProducerId.Parse("p"), 0));
        await harness.ReplicateAsync(Orders, 7, Position.None, "far");
        await harness.FillSegmentsAsync(Audit, 1);
        await harness.TrimAsync(Audit, 3);
        var open = Survey(harness.Directory);

        await harness.Store.DisposeAsync();
        var closed = Survey(harness.Directory);

        Assert.True(closed.Store!.IsClosed);
        Assert.All(closed.Segments, static segment => Assert.Equal(SegmentCondition.Sealed, segment.Condition));
        Assert.Equal(open.LastGroup, closed.LastGroup);
        Assert.Equal(open.Topics.Select(Text), closed.Topics.Select(Text));
    }

    [Fact]
    public async Task Take_WithAPattern_DescribesWhatMatchesAndCountsAll()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");
        await harness.AppendAsync(Audit, "x");

        var store = StoreSurvey.Take(
            harness.Directory, new InspectOptions { WantsTopics = true, Pattern = TopicPattern.Parse("orders.>") }, null, CancellationToken.None);

        Assert.Equal((2, Orders), (store.TopicCount, Assert.Single(store.Topics).Topic));
        Assert.Empty(Survey(harness.Directory, new InspectOptions()).Topics);
    }

    [Fact]
    public async Task Take_WhenAHeadWasCarriedForward_KnowsTheTopicByItAlone()
    {
        await using var harness = new ToolHarness();
        await harness.ReplicateAsync(Orders, 7, Position.None, "far", "farther");
        await harness.DeleteAsync(Orders);
        await harness.FillSegmentsAsync(Audit, 1);
        await harness.TrimAsync(Audit, Survey(harness.Directory).Topics.Single(static topic => topic.Topic == Audit).Next.Value - 1);
        await harness.FillSegmentsAsync(Audit, 1);
        harness.Clean();

        var store = Survey(harness.Directory);

        Assert.DoesNotContain(store.Segments, static segment => segment.Number == 1);
        var orders = store.Topics.Single(static topic => topic.Topic == Orders);
        Assert.Equal((2, 2), (orders.Start.Value, orders.Next.Value));
        Assert.Equal([new(Other, Batches.At(7, 1))], orders.Positions);
        Assert.NotNull(orders.DeletedAt);
    }

    [Fact]
    public async Task Take_WhenTheLastGroupIsNotWhole_LeavesItOutAndSaysSo()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a", "b");
        var end = Survey(harness.Directory).Segments[0].UsedBytes;
        harness.Directory.Flip(harness.Segments()[0], end - GroupHeader.Alignment, 3);

        var store = Survey(harness.Directory);

        Assert.Equal((StoreFindingKind.Note, 1), (Assert.Single(store.Findings).Kind, store.LastGroup));
        Assert.Equal(1, store.Topics[0].Next.Value);
    }

    [Fact]
    public async Task Take_WhenFilesAreDamaged_TellsWhatItCan()
    {
        await using var harness = new ToolHarness();
        await harness.FillSegmentsAsync(Orders, 3);
        await harness.Store.DisposeAsync();
        var whole = Survey(harness.Directory);
        harness.Directory.Flip(harness.Segments()[0], 20, 1);
        using (var file = harness.Directory.Open(harness.Segments()[1], writable: false))
        {
            var trailer = FooterReader.ReadTrailer(file, 2, 0)!.Value;
            harness.Directory.Flip(harness.Segments()[1], trailer.DirectoryPosition, 1);
        }

        harness.Directory.Flip(StoreFile.Name, 100, 1);
        harness.Directory.Flip(StoreFile.Name, StoreState.SlotBytes + 100, 1);

        var store = Survey(harness.Directory);

        Assert.Null(store.Store);
        Assert.Equal(SegmentCondition.Unreadable, store.Segments[0].Condition);
        Assert.Equal(whole.Segments.Skip(1), store.Segments.Skip(1));
        Assert.Equal(whole.Topics[0].Next, store.Topics[0].Next);
        Assert.Equal(3, store.Findings.Count(static finding => finding.Kind == StoreFindingKind.Damage));
    }

    [Fact]
    public void Take_WhenThereIsNoStore_SaysSo() => Assert.Equal(
        MeshErrorCode.StoreMissing, Assert.Throws<EventMeshException>(() => Survey(new FaultyDirectory(1))).Code);

    [Fact]
    public async Task Take_WhenItIsCancelled_Ends()
    {
        await using var harness = new ToolHarness();
        await harness.AppendAsync(Orders, "a");

        Assert.Throws<OperationCanceledException>(
            () => StoreSurvey.Take(harness.Directory, AllTopics, null, new CancellationToken(canceled: true)));
    }

    private static StoreInspection Survey(FaultyDirectory directory, InspectOptions? options = null) =>
        StoreSurvey.Take(directory, options ?? AllTopics, null, CancellationToken.None);

    private static string Text(TopicDescription topic) =>
        $"{topic with { Positions = [], Segments = 0 }} {string.Join(' ', topic.Positions)}";
}
