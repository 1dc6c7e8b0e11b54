using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Node.Lifecycle;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Tests.Node;

public sealed class NodeConditionTests : IAsyncLifetime, IDisposable
{
    private readonly NodeState _state = new(NullLogger<NodeState>.Instance);
    private readonly LogInState _store = new(NodeId.Parse("west"));
    private readonly NodeLog _log;
    private readonly NodeCondition _condition;

    public NodeConditionTests()
    {
        _log = new NodeLog(_store, Options.Create(new EventMeshOptions { NodeId = "west" }), new TestMeters());
        _condition = new NodeCondition(_state, _log);
    }

    public async Task InitializeAsync()
    {
        await _log.OpenAsync(CancellationToken.None);
        _state.Serve();
    }

    public Task DisposeAsync() => _log.CloseAsync();

    public void Dispose()
    {
        _log.Dispose();
        _state.Dispose();
    }

    [Fact]
    public void Current_WhenTheLogHasNoRoom_IsNotReadyUntilThereIsRoom()
    {
        _store.Health = new LogHealth(LogStatus.Full, "The disk of /data is full.", 0, "/data");
        var full = _condition.Current;

        _store.Health = new LogHealth(LogStatus.Healthy, "", 0, "/data");
        var again = _condition.Current;

        Assert.True(full is { IsLive: true, IsReady: false });
        Assert.Equal("EM2005: The disk of /data is full.", Assert.Single(full.Problems));
        Assert.True(again is { IsLive: true, IsReady: true, Problems.Count: 0 });
    }

    [Fact]
    public void Current_WhenTheLogHasFailed_IsNeitherLiveNorReady()
    {
        _store.Health = new LogHealth(LogStatus.Failed, "A flush failed.", 0, "/data");

        Assert.True(_condition.Current is { IsLive: false, IsReady: false });
        Assert.Equal("EM2003: A flush failed.", Assert.Single(_condition.Current.Problems));
    }

    [Fact]
    public void Current_WhenRangesAreDamaged_WarnsAndStaysReady()
    {
        _store.Health = new LogHealth(LogStatus.Healthy, "", 2, "/data");

        var health = _condition.Current;

        Assert.True(health is { IsLive: true, IsReady: true, Problems.Count: 0 });
        var warning = Assert.Single(health.Warnings);
        Assert.StartsWith("EM2004: 2 damaged", warning, StringComparison.Ordinal);
        Assert.Contains("/data", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Current_BeforeTheLogIsOpen_SaysThatTheSiloStarts()
    {
        using var state = new NodeState(NullLogger<NodeState>.Instance);
        using var unopened = new NodeLog(_store, Options.Create(new EventMeshOptions { NodeId = "west" }), new TestMeters());
        var condition = new NodeCondition(state, unopened);

        Assert.True(condition.Current is { IsLive: true, IsReady: false, Warnings.Count: 0 });
        Assert.Equal("The silo is starting.", Assert.Single(condition.Current.Problems));
    }
}
