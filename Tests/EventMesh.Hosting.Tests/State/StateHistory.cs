using EventMesh.Grains.State;
using static EventMesh.Hosting.Tests.State.StateHarness;

namespace EventMesh.Hosting.Tests.State;

/// <summary>Seeded changes of a few keys, with a compaction among them, and what each key may hold whatever became of them.</summary>
internal sealed class StateHistory(StateHarness harness, string name, Random random)
{
    private const int Keys = 5;
    private readonly List<string> _told = [];
    private readonly Model[] _keys = [.. Enumerable.Range(0, Keys).Select(static i => new Model($"k{i}"))];

    /// <summary>Limits that let the values of a history in, and compact them soon.</summary>
    public static void Prepare(StateOptions options) =>
        (options.CompactMinBytes, options.MaxBytes, options.MaxValueBytes) = (1_000, 64 << 20, 1 << 20);

    /// <summary>Hands over a few changes, and lets a compaction begin before, between or after them.</summary>
    public Task Work(StateLog state)
    {
        var compactAt = random.Next(Keys);
        var all = new List<Task>();
        for (var i = 0; i < Keys; i++)
        {
            if (i == compactAt)
            {
                all.Add(state.CompactIfDueAsync());
            }

            if (random.Next(3) > 0)
            {
                all.Add(_keys[i].Change(state, random));
                Tell($"{_keys[i]}");
            }
        }

        return Task.WhenAll(all);
    }

    public void Tell(string what) => _told.Add(what);

    /// <summary>Takes in what has been acknowledged.</summary>
    public async Task AcknowledgeAsync()
    {
        foreach (var key in _keys)
        {
            await key.AcknowledgeAsync();
        }
    }

    /// <summary>Opens the state and checks every key: its last acknowledged value, or one that was handed over after it, and nothing else.</summary>
    public async Task<StateLog> ReopenAsync()
    {
        var state = await harness.OpenAsync();
        foreach (var key in _keys)
        {
            var entry = await state.ReadAsync(key.Key);
            Assert.True(key.TryAdopt(entry), $"{name}: {key} but is '{Text(entry)}' of version {entry?.Version}.\n{string.Join('\n', _told)}");
        }

        return state;
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
