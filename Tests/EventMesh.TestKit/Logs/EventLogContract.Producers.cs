using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>Producers: what is repeated is stored once.</summary>
public abstract partial class EventLogContract
{
    private static ProducerStamp From(string producer, long firstSequence) => new(ProducerId.Parse(producer), firstSequence);

    private static ValueTask<AppendResult> SendAsync(ITopicWriter writer, ProducerStamp producer, params string[] payloads) =>
        writer.AppendAsync(Batches.Of(payloads), producer, Durability.Disk, None);

    [Fact]
    public async Task Producer_WhenItRepeatsABatch_GetsTheFirstReceiptAndNothingIsStored()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("other"), Durability.Disk, None));
        var first = await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0", "a1"));
        var second = await FlushedAsync(harness, SendAsync(writer, From("ann", 2), "a2"));

        var repeatOfFirst = await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0", "a1"));
        var repeatOfSecond = await FlushedAsync(harness, SendAsync(writer, From("ann", 2), "a2"));
        var next = await FlushedAsync(harness, SendAsync(writer, From("ann", 3), "a3"));

        Assert.False(first.IsDuplicate || second.IsDuplicate || next.IsDuplicate);
        Assert.Equal((first with { IsDuplicate = true }, second with { IsDuplicate = true }), (repeatOfFirst, repeatOfSecond));
        Assert.Equal("other a0 a1 a2 a3", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Producer_WhenItRepeatsALargeBatch_GetsTheFirstReceiptAfterAPowerFailureToo()
    {
        await using var harness = Create();
        var events = Batches.Of(new string('a', 40_000), new string('b', 40_000), new string('c', 90_000));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var first = await FlushedAsync(harness, writer.AppendAsync(events, From("ann", 0), Durability.Disk, None));

        var repeat = await FlushedAsync(harness, writer.AppendAsync(events, From("ann", 0), Durability.Disk, None));
        await harness.PowerFailAsync();
        writer = await harness.Log.OpenWriterAsync(Orders, None);
        var late = await FlushedAsync(harness, writer.AppendAsync(events, From("ann", 0), Durability.Disk, None));

        Assert.Equal((first with { IsDuplicate = true }, first with { IsDuplicate = true }), (repeat, late));
        Assert.Equal(3, harness.Log.GetReader(Orders).Bounds.End.Value);
    }

    [Fact]
    public async Task Producer_WhenItRepeatsBeforeTheFlush_IsAnsweredOnceWhatItRepeatsIsFlushed()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var first = SendAsync(writer, From("ann", 0), "a0").AsTask();

        var repeat = SendAsync(writer, From("ann", 0), "a0").AsTask();
        var early = await writer.AppendAsync(Batches.Of("a0"), From("ann", 0), Durability.Memory, None);

        Assert.Equal((true, Durability.Memory), (early.IsDuplicate, early.Durability));
        Assert.False(first.IsCompleted || repeat.IsCompleted);
        await harness.FlushAsync();
        Assert.Equal(await first with { IsDuplicate = true }, await repeat);
        Assert.Equal("a0", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Producer_WhenItsNumbersLeaveAHoleOrAreOld_IsRefusedAndNothingIsStored()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        for (var i = 0; i < 6; i++)
        {
            await FlushedAsync(harness, SendAsync(writer, From("ann", 2 * i), $"a{2 * i}", $"a{(2 * i) + 1}"));
        }

        var hole = await ThrowsAsync(MeshErrorCode.ProducerOutOfOrder, () => SendAsync(writer, From("ann", 13), "x").AsTask());
        await ThrowsAsync(MeshErrorCode.ProducerOutOfOrder, () => SendAsync(writer, From("ann", 0), "x", "x").AsTask());
        await ThrowsAsync(MeshErrorCode.ProducerOutOfOrder, () => SendAsync(writer, From("ann", 11), "x", "x").AsTask());
        await ThrowsAsync(MeshErrorCode.ProducerUnknown, () => SendAsync(writer, From("bob", 1), "x").AsTask());
        await harness.FlushAsync();

        Assert.Contains("12", hole.Message, StringComparison.Ordinal);
        Assert.Equal(12, writer.NextOffset.Value);
        Assert.Equal(12, harness.Log.GetReader(Orders).Bounds.End.Value);
        Assert.Equal(12, (await FlushedAsync(harness, SendAsync(writer, From("ann", 12), "a12"))).FirstOffset.Value);
    }

    [Fact]
    public async Task Producer_OfOneTopic_IsAnotherOneInAnother()
    {
        await using var harness = Create();
        var orders = await harness.Log.OpenWriterAsync(Orders, None);
        var bills = await harness.Log.OpenWriterAsync(TopicName.Parse("bills"), None);
        await FlushedAsync(harness, SendAsync(orders, From("ann", 0), "o0"));

        await ThrowsAsync(MeshErrorCode.ProducerUnknown, () => SendAsync(bills, From("ann", 1), "b1").AsTask());

        Assert.False((await FlushedAsync(harness, SendAsync(bills, From("ann", 0), "b0"))).IsDuplicate);
    }

    [Fact]
    public async Task Producer_WhenAnAppendWasRefusedAsBusy_IsStillAtTheSameNumber()
    {
        await using var harness = Create(new EventLogLimits(MaxPendingBytes: 10_000));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var pending = writer.AppendAsync(Batches.OfSize(9_000), From("ann", 0), Durability.Disk, None);

        await ThrowsAsync(MeshErrorCode.Busy, () => writer.AppendAsync(Batches.OfSize(2_000), From("ann", 1), Durability.Disk, None).AsTask());
        await FlushedAsync(harness, pending);

        Assert.False((await FlushedAsync(harness, SendAsync(writer, From("ann", 1), "a1"))).IsDuplicate);
    }

    [Fact]
    public async Task Producer_IsKnownToTheNextWriter()
    {
        await using var harness = Create();
        var older = await harness.Log.OpenWriterAsync(Orders, None);
        var first = SendAsync(older, From("ann", 0), "a0").AsTask();

        var newer = await harness.Log.OpenWriterAsync(Orders, None);
        var repeat = SendAsync(newer, From("ann", 0), "a0").AsTask();
        var next = SendAsync(newer, From("ann", 1), "a1").AsTask();
        await harness.FlushAsync();

        Assert.Equal(await first with { IsDuplicate = true }, await repeat);
        Assert.False((await next).IsDuplicate);
    }

    [Fact]
    public async Task Producer_AfterAPowerFailure_StandsWhereItsFlushedBatchesEnd()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var kept = new List<AppendResult>();
        for (var i = 0; i < 7; i++)
        {
            kept.Add(await FlushedAsync(harness, SendAsync(writer, From("ann", i), $"a{i}")));
        }

        var lost = Enumerable.Range(7, 6).Select(i => SendAsync(writer, From("ann", i), $"lost{i}").AsTask()).ToList();
        var unknown = SendAsync(writer, From("bob", 0), "lost").AsTask();

        await harness.PowerFailAsync();

        foreach (var task in lost.Append(unknown))
        {
            await Assert.ThrowsAsync<EventMeshException>(() => task);
        }

        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        await ThrowsAsync(MeshErrorCode.ProducerUnknown, () => SendAsync(reopened, From("bob", 1), "x").AsTask());
        await ThrowsAsync(MeshErrorCode.ProducerOutOfOrder, () => SendAsync(reopened, From("ann", 8), "x").AsTask());
        await ThrowsAsync(MeshErrorCode.ProducerOutOfOrder, () => SendAsync(reopened, From("ann", 1), "a1").AsTask());
        Assert.Equal(kept[2] with { IsDuplicate = true }, await FlushedAsync(harness, SendAsync(reopened, From("ann", 2), "a2")));
        Assert.Equal(kept[6] with { IsDuplicate = true }, await FlushedAsync(harness, SendAsync(reopened, From("ann", 6), "a6")));
        Assert.False((await FlushedAsync(harness, SendAsync(reopened, From("ann", 7), "a7"))).IsDuplicate);
        Assert.Equal("a0 a1 a2 a3 a4 a5 a6 a7", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Producer_WhenSeveralBatchesWentIntoOneFlush_RepeatsEachOfThemEvenAfterAPowerFailure()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var pending = Enumerable.Range(0, 4).Select(i => SendAsync(writer, From("ann", 2 * i), $"a{2 * i}", $"a{(2 * i) + 1}").AsTask()).ToList();
        await harness.FlushAsync();
        var receipts = await Task.WhenAll(pending);

        await harness.PowerFailAsync();

        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        for (var i = 0; i < receipts.Length; i++)
        {
            var repeat = await FlushedAsync(harness, SendAsync(reopened, From("ann", 2 * i), $"a{2 * i}", $"a{(2 * i) + 1}"));
            Assert.Equal(receipts[i] with { IsDuplicate = true }, repeat);
        }

        Assert.Equal(8, reopened.NextOffset.Value);
    }

    [Fact]
    public async Task Producer_WhenIdleForADay_IsForgotten()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0"));

        harness.Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromMilliseconds(2));

        await ThrowsAsync(MeshErrorCode.ProducerUnknown, () => SendAsync(writer, From("ann", 1), "a1").AsTask());
        Assert.False((await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "again"))).IsDuplicate);
    }

    [Fact]
    public async Task Producer_WhenThereAreAsManyAsTheLimitAndAllActive_IsToldToComeBack()
    {
        await using var harness = Create(new EventLogLimits(MaxProducers: 2));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0"));
        await FlushedAsync(harness, SendAsync(writer, From("bob", 0), "b0"));

        var busy = await ThrowsAsync(MeshErrorCode.Busy, () => SendAsync(writer, From("cid", 0), "c0").AsTask());
        harness.Time.Advance(busy.RetryAfter!.Value + TimeSpan.FromMilliseconds(2));

        await FlushedAsync(harness, SendAsync(writer, From("cid", 0), "c0"));
        await ThrowsAsync(MeshErrorCode.ProducerUnknown, () => SendAsync(writer, From("ann", 1), "a1").AsTask());
        Assert.True((await FlushedAsync(harness, SendAsync(writer, From("bob", 0), "b0"))).IsDuplicate);
    }
}
