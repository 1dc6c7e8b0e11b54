using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Time;

namespace EventMesh.Hosting.Tests.Grains;

public sealed class OpenTopicsTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly OpenTopics _topics;
    private readonly List<TopicName> _closed = [];
    private readonly IEventLog _log = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System).OpenLog();

    public OpenTopicsTests()
    {
        _topics = new OpenTopics(_time);
        _topics.OnClosed += _closed.Add;
    }

    [Fact]
    public async Task Find_FindsWhatIsOpen_UntilItCloses()
    {
        var open = await OpenAsync("orders");
        Assert.Same(open, _topics.Find(TestEvents.Topic("orders")));
        Assert.Null(_topics.Find(TestEvents.Topic("bills")));

        _topics.Close(open);

        Assert.Null(_topics.Find(TestEvents.Topic("orders")));
        Assert.False(_topics.IsUsable(open));
        Assert.Equal([TestEvents.Topic("orders")], _closed);
        Assert.Equal(0, _topics.Count);
    }

    [Fact]
    public async Task Open_OfANewerWriter_TakesThePlaceOfTheOlder_WhichThenClosesNothing()
    {
        var older = await OpenAsync("orders");
        var newer = await OpenAsync("orders");

        _topics.Close(older);

        Assert.True(older.IsClosed);
        Assert.Same(newer, _topics.Find(TestEvents.Topic("orders")));
        Assert.Empty(_closed);
    }

    [Fact]
    public async Task Find_OnceTheGrainIsToBeCalled_FindsNothingUntilItWas()
    {
        var open = await OpenAsync("orders");
        _time.Advance(OpenTopics.CallInterval - TimeSpan.FromTicks(1));
        Assert.NotNull(_topics.Find(TestEvents.Topic("orders")));

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(_topics.Find(TestEvents.Topic("orders")));
        _topics.Called(open);

        Assert.Same(open, _topics.Find(TestEvents.Topic("orders")));
    }

    [Fact]
    public async Task Open_OfATopicOfTheSystem_IsNotListed()
    {
        await OpenAsync("$state.peers");

        Assert.Null(_topics.Find(TestEvents.Topic("$state.peers")));
        Assert.Equal(0, _topics.Count);
    }

    [Fact]
    public async Task HasGivenWay_TellsAWriterThatIsNoneAnyMoreFromOtherRefusals()
    {
        var fenced = await OpenAsync("orders");
        var current = await OpenAsync("orders");
        var hole = new ProducerStamp(ProducerId.Parse("shop"), 3);

        var byFence = fenced.Writer.AppendAsync(TestEvents.Batch("x"), Durability.Disk, CancellationToken.None).AsTask();
        var byNumber = current.Writer.AppendAsync(TestEvents.Batch("x"), hole, Durability.Disk, CancellationToken.None).AsTask();
        await current.Writer.DisposeAsync();
        var byClosing = current.Writer.AppendAsync(TestEvents.Batch("x"), Durability.Disk, CancellationToken.None).AsTask();

        Assert.True(byFence.IsFaulted && byNumber.IsFaulted && byClosing.IsFaulted);
        Assert.Equal((true, false, true), (OpenTopic.HasGivenWay(byFence), OpenTopic.HasGivenWay(byNumber), OpenTopic.HasGivenWay(byClosing)));
        Assert.Equal(MeshErrorCode.ProducerUnknown, (await Assert.ThrowsAsync<EventMeshException>(() => byNumber)).Code);
    }

    private async Task<OpenTopic> OpenAsync(string topic) => _topics.Open(await _log.OpenWriterAsync(TestEvents.Topic(topic), CancellationToken.None));
}
