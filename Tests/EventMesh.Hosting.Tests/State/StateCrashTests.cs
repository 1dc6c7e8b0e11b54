using EventMesh.Grains.State;
using static EventMesh.Hosting.Tests.State.StateHarness;

namespace EventMesh.Hosting.Tests.State;

/// <summary>
/// Seeded histories of changes and compactions that lose the store at every flush boundary: before the flush, right after it, and while what the flush
/// let go on is at work. After each crash a key has its last acknowledged value, or one that was handed over after it; nothing else.
/// </summary>
public sealed class StateCrashTests
{
    private const int Keys = 5;
    private const int Steps = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task LosingTheStoreAtAnyFlush_LosesNothingAcknowledged(int seed)
    {
        var compacted = 0L;
        for (var crashAt = 0; crashAt < Steps; crashAt++)
        {
            foreach (var moment in Enum.GetValues<Moment>())
            {
                var history = new History(seed, crashAt, moment);
                await history.RunAsync();
                compacted += history.Start;
            }
        }

        Assert.True(compacted > 0, "No history has compacted.");
    }

    /// <summary>When, at the flush that crashes, the power goes.</summary>
    private enum Moment
    {
        BeforeTheFlush,
        RightAfterTheFlush,
        OnceAllHasGoneOn,
    }

    private sealed class History(int seed, int crashAt, Moment moment)
    {
        private readonly StateHarness _harness = new() { Options = { CompactMinBytes = 1_000, MaxBytes = 64 << 20, MaxValueBytes = 1 << 20 } };
        private readonly Random _random = new((seed * 7919) + (crashAt * 31) + (int)moment);
        private readonly List<string> _told = [];
        private readonly Model[] _keys = [.. Enumerable.Range(0, Keys).Select(static i => new Model($"k{i}"))];

        /// <summary>Where the log began in the end.</summary>
        public long Start => _harness.Bounds.Start.Value;

        public async Task RunAsync()
        {
            var state = await _harness.OpenAsync();
            for (var step = 0; step <= Steps; step++)
            {
                var working = Work(state);
                if (step == crashAt)
                {
                    await CrashAsync(working);
                    state = await ReopenAsync();
                }
                else
                {
                    await _harness.FlushedAsync(working);
                    await AcknowledgeAsync();
                }
            }

            await state.DisposeAsync();
            await ReopenAsync();
        }

        /// <summary>Hands over a few changes, and lets a compaction begin before, between or after them.</summary>
        private Task Work(StateLog state)
        {
            var compactAt = _random.Next(Keys);
            var all = new List<Task>();
            for (var i = 0; i < Keys; i++)
            {
                if (i == compactAt)
                {
                    all.Add(state.CompactIfDueAsync());
                }

                if (_random.Next(3) > 0)
                {
                    all.Add(_keys[i].Change(state, _random));
                    _told.Add($"{_keys[i]}");
                }
            }

            return Task.WhenAll(all);
        }

        private async Task CrashAsync(Task working)
        {
            await Task.WhenAny(working, _harness.Flushes.Waiting);
            _told.Add($"crash {moment}");
            if (moment != Moment.BeforeTheFlush)
            {
                _harness.Flushes.Flush();
            }

            if (moment == Moment.OnceAllHasGoneOn)
            {
                await Task.WhenAny(working, _harness.Flushes.Waiting);
            }

            _harness.PowerFail();
            await working.ContinueWith(static _ => { }, TaskScheduler.Default);
            await AcknowledgeAsync();
        }

        private async Task AcknowledgeAsync()
        {
            foreach (var key in _keys)
            {
                await key.AcknowledgeAsync();
            }
        }

        private async Task<StateLog> ReopenAsync()
        {
            var state = await _harness.OpenAsync();
            foreach (var key in _keys)
            {
                var entry = await state.ReadAsync(key.Key);
                Assert.True(key.TryAdopt(entry), $"Seed {seed}, crash at {crashAt} ({moment}): {key} but is '{Text(entry)}' of version {entry?.Version}.\n{string.Join('\n', _told)}");
            }

            return state;
        }
    }

    /// <summary>What one key may hold: what was acknowledged, or the one change under way.</summary>
    private sealed class Model(string key)
    {
        private string? _value;
        private string? _etag;
        private string? _next;
        private Task<StateChange>? _changing;
        private int _changes;

        public string Key => key;

        public Task<StateChange> Change(StateLog state, Random random)
        {
            // Some values are so large that a compaction takes several batches.
            _next = random.Next(6) == 0 ? null : $"{key} {++_changes} {new string('x', random.Next(4) == 0 ? 150_000 : 100)}";
            _changing = _next is null ? state.ClearAsync(key, _etag) : state.WriteAsync(key, _etag, Bytes(_next));
            return _changing;
        }

        public async Task AcknowledgeAsync()
        {
            if (_changing is { } changing)
            {
                await ((Task)changing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (changing.IsCompletedSuccessfully)
                {
                    Assert.False((await changing).IsConflict, $"{key}: conflict over {_etag}");
                    (_value, _etag, _changing) = (_next, (await changing).ETag, null);
                }
            }
        }

        /// <summary>Takes what was found for the truth if it may be.</summary>
        public bool TryAdopt(StateEntry? entry)
        {
            var found = Text(entry);
            var isOld = found == _value && StateLog.ETagOf(entry) == _etag;
            var isNew = _changing is not null && found == _next;
            (_value, _etag, _changing) = (found, StateLog.ETagOf(entry), null);
            return isOld || isNew;
        }

        public override string ToString() => $"{key} is '{Clip(_value)}' of version {_etag ?? "-"}{(_changing is null ? "" : $", becoming '{Clip(_next)}'")}";

        private static string Clip(string? text) => text is null ? "-" : text[..Math.Min(12, text.Length)];
    }
}
