using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.Hosting.Tests.Node;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Parts_StartWhenTheNodeServes_AndStopBeforeGrainsAndLogDo()
    {
        var steps = new List<string>();
        await using (var node = await TestNode.StartAsync(silo: silo =>
        {
            silo.Services.AddSingleton<IMeshNodePart>(services => new Part("first", steps, services));
            silo.Services.AddSingleton<IMeshNodePart>(services => new Part("second", steps, services));
        }))
        {
            Assert.True(node.Services(0).GetRequiredService<INodeHealth>().Current.IsReady);
        }

        // Both parts publish as they start and stop: the topics are served then, and the log is open.
        Assert.Equal(["first starts", "second starts", "second stops", "first stops"], steps);
    }

    [Fact]
    public async Task Stop_EndsSubscriptions_AndTellsWhoeverAsks()
    {
        var node = await TestNode.StartAsync();
        var health = node.Services(0).GetRequiredService<INodeHealth>();
        var stopping = health.Stopping;
        var subscription = await node[0].SubscribeAsync(">");
        var reading = subscription.ReadAsync(1_024, CancellationToken.None).AsTask();

        await node.DisposeAsync();

        Assert.Equal(MeshErrorCode.NodeNotReady, (await Assert.ThrowsAsync<EventMeshException>(() => reading)).Code);
        Assert.True(stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task FailedLog_IsSeenInTheHealth()
    {
        await using var node = await TestNode.StartAsync();
        node.Store.Fail("the disk is on fire");

        var failure = await Assert.ThrowsAsync<EventMeshException>(async () => await node[0].PublishAsync("orders", "x"));

        Assert.Equal(MeshErrorCode.LogFailed, failure.Code);
        var health = node.Services(0).GetRequiredService<INodeHealth>().Current;
        Assert.False(health.IsLive || health.IsReady);
    }

    [Fact]
    public async Task Read_OfATopicThatRetentionHasTrimmed_BeginsWithTheGap()
    {
        var options = new Storage.Memory.MemoryStorageOptions { MaxTopicBytes = 64 * 1024, SegmentBytes = 16 * 1024 };
        await using var node = await TestNode.StartAsync(storage: options);
        await using var first = await node[0].SubscribeAsync("other");
        var payload = new string('x', 1_000);
        for (var i = 0; i < 200; i++)
        {
            await node[0].PublishAsync("orders", payload);
        }

        // Taken up again with no cursor: it had read nothing of the topic, and what it would have read is partly gone.
        await using var again = await node[0].SubscribeAsync(
            TestEvents.Request("orders") with { StartValue = first.SinceUnixMs }, CancellationToken.None);

        Assert.Equal("orders:gap Trimmed", (await again.TakeAsync(1))[0]);
    }

    private sealed class Part(string name, List<string> steps, IServiceProvider services) : IMeshNodePart
    {
        public Task StartAsync(CancellationToken cancellationToken) => StepAsync("starts");

        public Task StopAsync(CancellationToken cancellationToken) => StepAsync("stops");

        private async Task StepAsync(string step)
        {
            await services.GetRequiredService<IMeshNode>().PublishAsync($"part.{name}.{step}", "x");
            steps.Add($"{name} {step}");
        }
    }
}
