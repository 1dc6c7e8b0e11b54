using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.State;
using EventMesh.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static EventMesh.Hosting.Tests.State.StateHarness;

namespace EventMesh.Hosting.Tests.State;

public sealed class StateCompactionTests
{
    private readonly StateHarness _harness = new();

    [Fact]
    public async Task ManyChangesOfFewKeys_LeaveALogOfLittleMoreThanTheLastValues()
    {
        var state = await _harness.OpenAsync();
        var etags = new string?[4];

        for (var i = 0; i < 2_000; i++)
        {
            etags[i % 4] = (await _harness.FlushedAsync(state.WriteAsync($"k{i % 4}", etags[i % 4], Bytes($"value {i}")))).ETag;
            await _harness.FlushedAsync(state.CompactIfDueAsync());
        }

        Assert.InRange(_harness.Bounds.End.Value - _harness.Bounds.Start.Value, 4, 40);
        Assert.InRange(_harness.Bounds.Start.Value, 2_000, 3_000);
        await state.DisposeAsync();
        var again = await _harness.OpenAsync();
        for (var i = 0; i < 4; i++)
        {
            var entry = await again.ReadAsync($"k{i}");
            Assert.Equal($"value {1_996 + i}", Text(entry));
            Assert.Equal(etags[i], StateLog.ETagOf(entry));
        }
    }

    [Fact]
    public async Task Compact_WhenNothingIsLeft_TrimsEverything()
    {
        var state = await _harness.OpenAsync();
        var etag = (await _harness.FlushedAsync(state.WriteAsync("a", null, new byte[3_000]))).ETag;
        await _harness.FlushedAsync(state.ClearAsync("a", etag));

        await _harness.FlushedAsync(state.CompactIfDueAsync());

        Assert.Equal(_harness.Bounds.End, _harness.Bounds.Start);
        Assert.Equal(2, _harness.Bounds.Start.Value);
        await state.DisposeAsync();
        Assert.Equal(0, (await _harness.OpenAsync()).Count);
    }

    [Fact]
    public async Task Compact_BelowItsBound_DoesNothing()
    {
        _harness.Options.CompactMinBytes = 1_000_000;
        var state = await _harness.OpenAsync();
        var etag = (await _harness.FlushedAsync(state.WriteAsync("a", null, new byte[3_000]))).ETag;
        await _harness.FlushedAsync(state.ClearAsync("a", etag));

        await state.CompactIfDueAsync();

        Assert.Equal(0, _harness.Bounds.Start.Value);
    }

    /// <summary>A key that was written during the compaction is not repeated, so its older value may go only when the newer one is flushed.</summary>
    [Fact]
    public async Task Compact_WhenAKeyIsWrittenMeanwhile_TrimsOnlyOnceThatIsFlushed()
    {
        _harness.Options.MaxValueBytes = 1 << 20;
        var state = await _harness.OpenAsync();
        // The first fills a batch of the compaction, so the other is left for the next.
        await _harness.FlushedAsync(state.WriteAsync("first", null, new byte[300_000]));
        await _harness.FlushedAsync(state.WriteAsync("other", null, new byte[600_000]));
        await _harness.FlushedAsync(state.WriteAsync("other", "1", Bytes("old")));
        var writer = new WriteAtFlush(() => state.WriteAsync("other", "2", Bytes("new")));
        using var subscription = _harness.Log.Subscribe(writer);

        var compacting = state.CompactIfDueAsync();
        _harness.Flushes.Flush();
        await LetItRunAsync();

        Assert.False(compacting.IsCompleted);
        Assert.Equal(0, _harness.Bounds.Start.Value);
        await _harness.Store.PowerFailAsync();
        await compacting;
        await Assert.ThrowsAsync<Core.Errors.EventMeshException>(() => writer.Written!);
        Assert.Equal("old", Text(await (await _harness.OpenAsync()).ReadAsync("other")));
    }

    [Fact]
    public async Task Follower_ThatFellBehindACompaction_BeginsAnewWithoutCallingItALoss()
    {
        var state = await _harness.OpenAsync();
        var follower = new StateFollower(_harness.Log.GetReader(Topic), NullLogger.Instance);
        var gone = (await _harness.FlushedAsync(state.WriteAsync("gone", null, new byte[3_000]))).ETag;
        await _harness.FlushedAsync(state.WriteAsync("a", null, Bytes("one")));
        Assert.True(await follower.CatchUpAsync(CancellationToken.None));
        Assert.Equal(2, follower.Index.Count);

        await _harness.FlushedAsync(state.ClearAsync("gone", gone));
        await _harness.FlushedAsync(state.CompactIfDueAsync());
        // Once more, so that the clear that the follower has not seen is gone as well.
        await _harness.FlushedAsync(state.WriteAsync("a", "1", new byte[3_000]));
        await _harness.FlushedAsync(state.WriteAsync("a", "4", Bytes("two")));
        await _harness.FlushedAsync(state.CompactIfDueAsync());

        Assert.True(await follower.CatchUpAsync(CancellationToken.None));
        Assert.Equal(("two", 1), (Text(follower.Index.Find("a")), follower.Index.Count));
        Assert.False(await follower.CatchUpAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Topic_CarriesOnlyEventsOfTheFormat()
    {
        var state = await _harness.OpenAsync();
        for (string? etag = null; _harness.Bounds.Start == LogOffset.Zero;)
        {
            etag = (await _harness.FlushedAsync(state.WriteAsync("a", etag, new byte[500]))).ETag;
            await _harness.FlushedAsync(state.CompactIfDueAsync());
        }

        using var batch = await _harness.Log.GetReader(Topic).ReadAsync(_harness.Bounds.Start, 1 << 20, 100, CancellationToken.None);
        Assert.Equal(StateOperation.Keep, StateRecordCodec.Read(batch.Records[0].Body).Operation);
        Assert.All(batch.Records, static record => Assert.Equal(RecordKind.Event, record.Kind));
    }

    /// <summary>Gives what a flush let go on every chance to do what it must not.</summary>
    private static async Task LetItRunAsync()
    {
        for (var i = 0; i < 1_000; i++)
        {
            await Task.Yield();
        }
    }

    /// <summary>Writes between a flush and whoever waited for it.</summary>
    private sealed class WriteAtFlush(Func<Task> write) : IFlushListener
    {
        public Task? Written { get; private set; }

        public void OnFlushed(ReadOnlySpan<TopicAdvance> advances) => Written ??= write();
    }
}
