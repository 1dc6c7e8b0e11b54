using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.UserHost.Tests;

/// <summary>Where a user's host keeps its events.</summary>
public sealed class StorageTests : IDisposable
{
    private static readonly TopicName Orders = TopicName.Parse("orders");
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Host_WhenRestarted_GoesOnWithItsEventsInANewIncarnation()
    {
        var path = _files.NewPath("west");
        await using var first = await StartAsync(path);
        var before = await PublishAsync(first, "before");
        await first.StopAsync();

        await using var second = await StartAsync(path);
        var after = await PublishAsync(second, "after");

        Assert.Equal((0, 0, Durability.Disk), (before.FirstOffset.Value, before.FirstSequence, before.Durability));
        Assert.Equal((1, 1, Durability.Disk), (after.FirstOffset.Value, after.FirstSequence, after.Durability));
        Assert.True(after.Origin.Incarnation > before.Origin.Incarnation);
        Assert.Equal(["before", "after"], await ReadAsync(second));
        Assert.Equal(path, second.Services.GetRequiredService<IMeshNode>().StorageLocation);
        await second.StopAsync();
    }

    [Fact]
    public async Task Host_WhenAnotherHasItsDirectory_IsRefusedWithTheKey()
    {
        var path = _files.NewPath("west");
        await using var first = await StartAsync(path);

        var refusal = await RefusalAsync(() => StartAsync(path));

        Assert.Equal(MeshErrorCode.StoreLocked, refusal.Code);
        Assert.Contains("EventMesh:Storage:Path", refusal.Message, StringComparison.Ordinal);
        await PublishAsync(first, "still here");
        await first.StopAsync();
    }

    [Fact]
    public async Task Host_WhenTheDirectoryIsAnotherNodes_IsRefusedAndTakesNothingOfIt()
    {
        var path = _files.NewPath("west");
        await using (var west = await StartAsync(path))
        {
            await PublishAsync(west, "mine");
            await west.StopAsync();
        }

        var refusal = await RefusalAsync(() => StartAsync(path, "east"));

        Assert.Equal(MeshErrorCode.StoreNodeMismatch, refusal.Code);
        await using var again = await StartAsync(path);
        Assert.Equal(["mine"], await ReadAsync(again));
        await again.StopAsync();
    }

    [Fact]
    public async Task Host_WhenTheDirectoryCannotBeMade_SaysSoByNumber()
    {
        var file = _files.NewPath("file");
        await File.WriteAllTextAsync(file, "no directory");

        var refusal = await RefusalAsync(() => StartAsync(file));

        Assert.Equal(MeshErrorCode.LogFailed, refusal.Code);
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OwnProvider_RegisteredBefore_IsKept()
    {
        var store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System);
        var path = _files.NewPath("west");
        await using var app = UserHost.Build(
            static _ => { },
            services: silo => silo.Services.AddSingleton<IEventLogProvider>(new SharedMemoryEventLogProvider(store)),
            mesh: options => UseFiles(options, path));
        await app.StartAsync();

        Assert.Equal(Durability.Memory, (await PublishAsync(app, "x")).Durability);
        Assert.False(Directory.Exists(path));
        await app.StopAsync();
    }

    [Fact]
    public async Task Code_GoesBeforeConfiguration()
    {
        await using var app = UserHost.Build(
            builder => builder.Configuration["EventMesh:Storage:Kind"] = "files", mesh: static options => options.Storage.Kind = StorageKind.Memory);
        await app.StartAsync();

        Assert.Equal("memory", app.Services.GetRequiredService<IMeshNode>().StorageLocation);
        await app.StopAsync();
    }

    private static void UseFiles(EventMeshOptions options, string path)
    {
        options.Storage.Kind = StorageKind.Files;
        options.Storage.Path = path;
    }

    private static async Task<WebApplication> StartAsync(string path, string node = "west")
    {
        var app = UserHost.Build(static _ => { }, node, mesh: options => UseFiles(options, path));
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task<EventMeshException> RefusalAsync(Func<Task> start)
    {
        Exception? next = await Assert.ThrowsAnyAsync<Exception>(start);
        while (next is not null and not EventMeshException)
        {
            next = next.InnerException;
        }

        return Assert.IsType<EventMeshException>(next);
    }

    private static async Task<PublishReceipt> PublishAsync(WebApplication app, string payload)
    {
        var batch = new EventBatchBuilder();
        batch.Add(Encoding.UTF8.GetBytes(payload));
        return await app.Services.GetRequiredService<IMeshNode>().PublishAsync(Orders, batch.Build(), Durability.Disk, CancellationToken.None);
    }

    private static async Task<string[]> ReadAsync(WebApplication app)
    {
        var reader = app.Services.GetRequiredService<IMeshNode>().GetReader(Orders);
        using var batch = await reader.ReadAsync(LogOffset.Zero, int.MaxValue, int.MaxValue, CancellationToken.None);
        return [.. batch.Records.Select(static record => Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span))];
    }
}
