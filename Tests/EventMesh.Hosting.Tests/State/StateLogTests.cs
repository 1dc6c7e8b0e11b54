using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.State;
using Microsoft.Extensions.Logging.Abstractions;
using static EventMesh.Hosting.Tests.State.StateHarness;

namespace EventMesh.Hosting.Tests.State;

public sealed class StateLogTests
{
    private readonly StateHarness _harness = new();

    [Fact]
    public async Task Write_EndsOnceItIsFlushed_AndIsReadBackOnlyThen()
    {
        var state = await _harness.OpenAsync();

        var writing = state.WriteAsync("a", null, Bytes("one"));
        var reading = state.ReadAsync("a");

        Assert.False(writing.IsCompleted);
        Assert.False(reading.IsCompleted);
        _harness.Flushes.Flush();
        Assert.Equal(new StateChange("0", IsConflict: false), await writing);
        Assert.Equal("one", Text(await reading));
        Assert.Null(await state.ReadAsync("b"));
    }

    [Fact]
    public async Task Change_OfAnotherVersionThanIsStored_IsAConflictAndStoresNothing()
    {
        var state = await _harness.OpenAsync();
        var first = await WriteAsync(state, "a", null, "one");
        var second = await WriteAsync(state, "a", first, "two");

        Assert.NotEqual(first, second);
        Assert.Equal(new StateChange(second, IsConflict: true), await state.WriteAsync("a", first, Bytes("lost?")));
        Assert.Equal(new StateChange(second, IsConflict: true), await state.WriteAsync("a", null, Bytes("lost?")));
        Assert.Equal(new StateChange(second, IsConflict: true), await state.ClearAsync("a", first));
        Assert.Equal(new StateChange(null, IsConflict: true), await state.WriteAsync("b", "7", Bytes("lost?")));
        Assert.Equal("two", Text(await state.ReadAsync("a")));
        Assert.Equal(2, _harness.Bounds.End.Value);
    }

    [Fact]
    public async Task Clear_TakesTheValueAway_AndAVersionNeverReturns()
    {
        var state = await _harness.OpenAsync();
        var first = await WriteAsync(state, "a", null, "one");

        Assert.Equal(new StateChange(null, IsConflict: false), await _harness.FlushedAsync(state.ClearAsync("a", first)));

        Assert.Null(await state.ReadAsync("a"));
        Assert.Equal(new StateChange(null, IsConflict: false), await state.ClearAsync("a", null));
        Assert.True((await state.WriteAsync("a", first, Bytes("x"))).IsConflict);
        Assert.NotEqual(first, await WriteAsync(state, "a", null, "one"));
    }

    [Fact]
    public async Task Open_ReadsTheLastValuesWithTheirVersions()
    {
        var state = await _harness.OpenAsync();
        var a = await WriteAsync(state, "a", await WriteAsync(state, "a", null, "one"), "two");
        await _harness.FlushedAsync(state.ClearAsync("b", await WriteAsync(state, "b", null, "gone")));
        await state.DisposeAsync();

        var again = await _harness.OpenAsync();

        Assert.Equal("two", Text(await again.ReadAsync("a")));
        Assert.Null(await again.ReadAsync("b"));
        Assert.Equal(1, again.Count);
        Assert.NotEqual(a, await WriteAsync(again, "a", a, "three"));
    }

    [Fact]
    public async Task Change_BeyondALimit_IsRefusedAndNamesIt()
    {
        var state = await _harness.OpenAsync();
        for (var i = 0; i < _harness.Options.MaxEntries; i++)
        {
            await WriteAsync(state, $"k{i}", null, "x");
        }

        await RefusedAsync(MeshErrorCode.LogFull, "MaxEntries", () => state.WriteAsync("k8", null, Bytes("x")));
        _harness.Options.MaxBytes = 1000;
        await RefusedAsync(MeshErrorCode.LogFull, "MaxBytes", () => state.WriteAsync("k0", "0", new byte[2000]));
        _harness.Options.MaxValueBytes = 100;
        await RefusedAsync(MeshErrorCode.EventTooLarge, "MaxValueBytes", () => state.WriteAsync("k0", "0", new byte[101]));
        await RefusedAsync(MeshErrorCode.InvalidArgument, "key", () => state.WriteAsync(new string('k', 2049), null, Bytes("x")));
        await RefusedAsync(MeshErrorCode.InvalidArgument, "key", () => state.ClearAsync("", null));
        Assert.Equal("x", Text(await state.ReadAsync("k0")));
        Assert.False(state.IsBroken);
    }

    [Fact]
    public async Task Open_WhileAnOlderOwnerHasUnflushedChanges_WaitsForThemAndFencesTheRest()
    {
        var older = await _harness.OpenAsync();
        await WriteAsync(older, "a", null, "one");
        var pending = older.WriteAsync("a", "0", Bytes("two"));

        var opening = StateLog.OpenAsync(_harness.Log, Kind, _harness.Options, NullLogger.Instance, CancellationToken.None);
        Assert.False(opening.IsCompleted);
        var newer = await _harness.FlushedAsync(opening);

        Assert.Equal("1", (await pending).ETag);
        Assert.Equal("two", Text(await newer.ReadAsync("a")));
        await RefusedAsync(MeshErrorCode.LogFenced, "", () => older.WriteAsync("a", "1", Bytes("late")));
        Assert.True(older.IsBroken);
        await RefusedAsync(MeshErrorCode.LogFenced, "", () => older.ReadAsync("a"));
        Assert.False((await _harness.FlushedAsync(newer.WriteAsync("a", "1", Bytes("three")))).IsConflict);
    }

    [Fact]
    public async Task Change_ThatIsLostWithTheStore_BreaksTheOwner_AndTheNextReadsWhatIsStored()
    {
        var state = await _harness.OpenAsync();
        await WriteAsync(state, "a", null, "one");
        var lost = state.WriteAsync("a", "0", Bytes("two"));
        var reading = state.ReadAsync("a");

        await _harness.Store.PowerFailAsync();

        await RefusedAsync(MeshErrorCode.LogClosed, "", () => lost);
        await RefusedAsync(MeshErrorCode.LogClosed, "", () => reading);
        Assert.True(state.IsBroken);
        var again = await _harness.OpenAsync();
        Assert.Equal("one", Text(await again.ReadAsync("a")));
        Assert.False((await _harness.FlushedAsync(again.WriteAsync("a", "0", Bytes("three")))).IsConflict);
    }

    [Fact]
    public async Task Change_WhenTheLogIsBusy_IsRefusedAndTheOwnerGoesOn()
    {
        var harness = new StateHarness();
        var state = await harness.OpenAsync();
        await WriteAsync(harness, state, "a", null, "one");
        harness.Options.MaxValueBytes = 1000 * 1024;
        harness.Options.MaxBytes = 1L << 30;
        var elsewhere = await harness.Log.OpenWriterAsync(Core.Topics.TopicName.Parse("orders"), CancellationToken.None);
        var filling = Enumerable.Range(0, 64).Select(_ => elsewhere.AppendAsync(TestKit.Logs.Batches.OfSize(1024 * 1024 - 10), Durability.Disk, CancellationToken.None).AsTask()).ToList();

        await RefusedAsync(MeshErrorCode.Busy, "", () => state.WriteAsync("a", "0", new byte[900 * 1024]));

        Assert.False(state.IsBroken);
        harness.Flushes.Flush();
        await Task.WhenAll(filling);
        Assert.Equal("one", Text(await state.ReadAsync("a")));
    }

    private async Task<string?> WriteAsync(StateLog state, string key, string? etag, string value) => await WriteAsync(_harness, state, key, etag, value);

    private static async Task<string?> WriteAsync(StateHarness harness, StateLog state, string key, string? etag, string value)
    {
        var change = await harness.FlushedAsync(state.WriteAsync(key, etag, Bytes(value)));
        Assert.False(change.IsConflict);
        return change.ETag;
    }

    private static async Task RefusedAsync(MeshErrorCode code, string named, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<EventMeshException>(call);
        Assert.Equal(code, error.Code);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
