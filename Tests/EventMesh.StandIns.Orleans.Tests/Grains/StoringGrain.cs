using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface IStoringGrain : IGrainWithStringKey
{
    /// <summary>Writes with the etag that the activation knows; the result is the new one.</summary>
    Task<string?> WriteAsync(string value);

    Task<string?> ReadAsync();

    Task<bool> ClearAsync();

    /// <summary>The same write by another grain: whatever it throws passes through here.</summary>
    Task<string?> WriteToAsync(IStoringGrain other, string value);

    Task<Guid> GetActivationAsync();
}

public sealed class StoringGrain([FromKeyedServices("tests")] IGrainStorage storage) : Grain, IStoringGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private readonly GrainState<string> _state = new();

    public async Task<string?> WriteAsync(string value)
    {
        _state.State = value;
        await storage.WriteStateAsync("value", this.GetGrainId(), _state);
        return _state.ETag;
    }

    public async Task<string?> ReadAsync()
    {
        await storage.ReadStateAsync("value", this.GetGrainId(), _state);
        return _state.State;
    }

    public async Task<bool> ClearAsync()
    {
        await storage.ClearStateAsync("value", this.GetGrainId(), _state);
        return _state.RecordExists;
    }

    public Task<string?> WriteToAsync(IStoringGrain other, string value) => other.WriteAsync(value);

    public Task<Guid> GetActivationAsync() => Task.FromResult(_activation);
}

/// <summary>A storage of values in memory, with numbers as etags.</summary>
public sealed class ValueStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (object? Value, int Number)> _values = new();

    /// <summary>Changes what is stored behind the back of whoever has read it.</summary>
    public void Spoil(string key) => _values[key] = ("of another", _values.GetValueOrDefault(key).Number + 1);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.RecordExists = _values.TryGetValue(grainId.Key.ToString()!, out var stored);
        grainState.State = grainState.RecordExists ? (T?)stored.Value : default;
        grainState.ETag = grainState.RecordExists ? $"{stored.Number}" : null;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string key = grainId.Key.ToString()!;
        string? current = _values.TryGetValue(key, out var stored) ? $"{stored.Number}" : null;
        if (current != grainState.ETag)
        {
            throw new InconsistentStateException("changed meanwhile", current, grainState.ETag);
        }

        _values[key] = (grainState.State, stored.Number + 1);
        grainState.ETag = $"{stored.Number + 1}";
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _values.TryRemove(grainId.Key.ToString()!, out _);
        (grainState.State, grainState.ETag, grainState.RecordExists) = (default, null, false);
        return Task.CompletedTask;
    }
}
