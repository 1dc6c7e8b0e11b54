using System.Text.Json;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary><c>eventmesh log</c> on a directory, as an operator and a script use it.</summary>
public sealed class LogToolTests(ITestOutputHelper output) : MeshTest(output)
{
    private const int Ok = 0;
    private const int Failed = 1;
    private const int Usage = 2;

    private TestDirectory? _made;

    private TestDirectory Place => _made ??= Own(new TestDirectory());

    [Fact]
    public async Task Inspect_WithJson_KeepsTheShapeThatScriptsRely()
    {
        await MakeStoreAsync();

        var lines = await JsonAsync(Ok, "inspect", Place.Store, "--segments", "--topics");

        Assert.Equal(["store", "segment", "topic", "topic"], lines.Select(Kind));
        Assert.Equal(
            "kind location node storeId incarnation isClosed doubtGroup lastGroup segments fileBytes recordBytes liveRecordBytes topics damagedRanges", Names(lines[0]));
        Assert.Equal(
            "kind number generation condition isRewritten createdAt firstGroup lastGroup topics fileBytes usedBytes recordBytes liveRecordBytes", Names(lines[1]));
        Assert.Equal(
            "kind topic startOffset nextOffset bytes segments lastAppendAt trimmedAt deletedAt origins producers", Names(lines[2]));
        Assert.Equal("node incarnation sequence", Names(lines[2].GetProperty("origins")[0]));
        Assert.Equal(("solo", true), (lines[0].GetProperty("node").GetString(), lines[0].GetProperty("isClosed").GetBoolean()));
        Assert.Equal("Sealed", lines[1].GetProperty("condition").GetString());
        Assert.Equal(("orders.new", 3), (lines[3].GetProperty("topic").GetString(), lines[3].GetProperty("nextOffset").GetInt32()));
        Assert.Equal("audit.log", Assert.Single(await JsonAsync(Ok, "inspect", Place.Store, "--topic", "audit.*"), static line => Kind(line) == "topic")
            .GetProperty("topic").GetString());
    }

    [Fact]
    public async Task Inspect_ForPeople_IsTablesWithoutColours()
    {
        await MakeStoreAsync();

        var tool = Run(BuiltPrograms.Cli, ["log", "inspect", Place.Store, "--segments", "--topics"]);

        Assert.Equal(Ok, await tool.ExitAsync());
        await tool.Output.LineAsync("solo");
        await tool.Output.LineAsync("Sealed");
        await tool.Output.LineAsync("orders.new");
        Assert.Equal(0, tool.Output.Count("\u001b"));
    }

    [Fact]
    public async Task Verify_WhenABitIsTurned_FailsAndSaysWhereAndWhatToDo()
    {
        await MakeStoreAsync();
        var sound = Assert.Single(await JsonAsync(Ok, "verify", Place.Store));
        TestDirectory.FlipBit(Place.Segment(1), 5_000);

        var damaged = await JsonAsync(Failed, "verify", Place.Store);

        Assert.Equal("kind location node isSound damage known segments groups runs events topics bytes lastGroup", Names(sound));
        Assert.Equal((true, 4), (sound.GetProperty("isSound").GetBoolean(), sound.GetProperty("events").GetInt32()));
        Assert.Equal("kind severity file position what whatToDo", Names(damaged[0]));
        Assert.Equal(("Damage", "00000000000000000001.segment"), (damaged[0].GetProperty("severity").GetString(), damaged[0].GetProperty("file").GetString()));
        Assert.NotEqual("", damaged[0].GetProperty("whatToDo").GetString());
        Assert.False(damaged[^1].GetProperty("isSound").GetBoolean());
        var tool = Run(BuiltPrograms.Cli, ["log", "verify", Place.Store]);
        Assert.Equal(Failed, await tool.ExitAsync());
        await tool.Output.LineAsync("NOT SOUND");
    }

    [Fact]
    public async Task LogTools_WhenAskedForWhatIsNotThere_SayWhyInAFewLines()
    {
        (int ExitCode, string Reason, string[] Arguments)[] cases =
        [
            (Failed, "EM2010", ["inspect", Path.Combine(Place.Root, "nowhere")]),
            (Failed, "EM2010", ["verify", Place.Root]),
            (Usage, "EM1002", ["inspect", Place.Root, "--topic", "a.>.b"]),
            (Usage, "dir", ["inspect"]),
        ];

        foreach (var (exitCode, reason, arguments) in cases)
        {
            var tool = Run(BuiltPrograms.Cli, ["log", .. arguments]);
            Assert.Equal((exitCode, string.Join(' ', arguments)), (await tool.ExitAsync(), string.Join(' ', arguments)));
            await tool.Output.LineAsync(reason);
            Assert.Equal(0, tool.Output.Count("   at "));
        }
    }

    private static string? Kind(JsonElement line) => line.GetProperty("kind").GetString();

    private static string Names(JsonElement line) => string.Join(' ', line.EnumerateObject().Select(static property => property.Name));

    /// <summary>A store that a node has closed.</summary>
    private async Task MakeStoreAsync()
    {
        await using var log = FileLogStore.Open(
            Place.Store, NodeId.Parse("solo"), new FileStorageOptions { SegmentBytes = 8 * 1024 * 1024 }, default, TimeProvider.System, NullLogger.Instance);
        await using var orders = await log.OpenWriterAsync(TopicName.Parse("orders.new"), CancellationToken.None);
        await orders.AppendAsync(Batches.Of("a", "b", "c"), default, Durability.Disk, CancellationToken.None);
        await using var audit = await log.OpenWriterAsync(TopicName.Parse("audit.log"), CancellationToken.None);
        await audit.AppendAsync(Batches.Of(new string('x', 2_000)), default, Durability.Disk, CancellationToken.None);
    }

    /// <summary>Runs a tool; the lines that it prints with <c>--json</c>.</summary>
    private async Task<JsonElement[]> JsonAsync(int exitCode, params string[] arguments)
    {
        var tool = Run(BuiltPrograms.Cli, ["log", .. arguments, "--json"]);
        Assert.Equal(exitCode, await tool.ExitAsync());
        return [.. tool.Output.Lines.Select(static line => JsonDocument.Parse(line).RootElement)];
    }
}
