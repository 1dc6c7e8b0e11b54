using Orleans;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface INamedGrain : IGrainWithStringKey
{
    Task<string> GetIdAsync();
}

[GrainType("tests.named")]
public sealed class NamedGrain : Grain, INamedGrain
{
    public Task<string> GetIdAsync() => Task.FromResult(this.GetGrainId().ToString());
}
