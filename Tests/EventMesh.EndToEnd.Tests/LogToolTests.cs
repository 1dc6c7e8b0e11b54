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

    [Fact]
    public async Task Inspect_WithJson_KeepsTheShapeThatScriptsRely()
    {
        var store = await MakeStoreAsync();

        var lines = await JsonAsync(Ok, "inspect", store, "--segments", "--topics");

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
        Assert.Equal("audit.log", Assert.Single(await JsonAsync(Ok, "inspect", store, "--topic", "audit.*"), static line => Kind(line) == "topic")
            .GetProperty("topic").GetString());
    }

    [Fact]
    public async Task Inspect_ForPeople_IsTablesWithoutColours()
    {
        var store = await MakeStoreAsync();

        var tool = Run(BuiltPrograms.Cli, ["log", "inspect", store, "--segments", "--topics"]);

        Assert.Equal(Ok, await tool.ExitAsync());
        await tool.Output.LineAsync("solo");
        await tool.Output.LineAsync("Sealed");
        await tool.Output.LineAsync("orders.new");
        Assert.Equal(0, tool.Output.Count("\u001b"));
    }

    [Fact]
    public async Task Verify_WhenABitIsTurned_FailsAndSaysWhereAndWhatToDo()
    {
        var store = await MakeStoreAsync();
        var sound = Assert.Single(await JsonAsync(Ok, "verify", store));
        FlipBit(Path.Combine(store, "00000000000000000001.segment"), 5_000);

        var damaged = await JsonAsync(Failed, "verify", store);

        Assert.Equal("kind location node isSound damage known segments groups runs events topics bytes lastGroup", Names(sound));
        Assert.Equal((true, 4), (sound.GetProperty("isSound").GetBoolean(), sound.GetProperty("events").GetInt32()));
        Assert.Equal("kind severity file position what whatToDo", Names(damaged[0]));
        Assert.Equal(("Damage", "00000000000000000001.segment"), (damaged[0].GetProperty("severity").GetString(), damaged[0].GetProperty("file").GetString()));
        Assert.NotEqual("", damaged[0].GetProperty("whatToDo").GetString());
        Assert.False(damaged[^1].GetProperty("isSound").GetBoolean());
        var tool = Run(BuiltPrograms.Cli, ["log", "verify", store]);
        Assert.Equal(Failed, await tool.ExitAsync());
        await tool.Output.LineAsync("NOT SOUND");
    }

    [Fact]
    public async Task LogTools_WhenAskedForWhatIsNotThere_SayWhyInAFewLines()
    {
        var store = await MakeStoreAsync();
        var empty = Directory.CreateDirectory(NewStorage("empty")).FullName;
        (int ExitCode, string Reason, string[] Arguments)[] cases =
        [
            (Failed, "EM2010", ["inspect", Path.Combine(empty, "nowhere")]),
            (Failed, "EM2010", ["verify", empty]),
            (Failed, "EM2010", ["backup", empty, NewStorage("backup")]),
            (Failed, "EM2011", ["backup", store, store]),
            (Failed, "EM2011", ["restore", store, store]),
            (Usage, "EM1002", ["inspect", empty, "--topic", "a.>.b"]),
            (Usage, "dir", ["inspect"]),
            (Usage, "--above-incarnation", ["restore", store, empty, "--above-incarnation", "-1"]),
        ];

        foreach (var (exitCode, reason, arguments) in cases)
        {
            var tool = Run(BuiltPrograms.Cli, ["log", .. arguments]);
            Assert.Equal((exitCode, string.Join(' ', arguments)), (await tool.ExitAsync(), string.Join(' ', arguments)));
            await tool.Output.LineAsync(reason);
            Assert.Equal(0, tool.Output.Count("   at "));
        }
    }

    [Fact]
    public async Task BackupAndRestore_WithJson_KeepTheShapeThatScriptsRely()
    {
        var store = await MakeStoreAsync();
        var (backup, target) = (NewStorage("backup"), NewStorage("restored"));

        var made = Assert.Single(await JsonAsync(Ok, "backup", store, backup));
        var again = Assert.Single(await JsonAsync(Ok, "backup", store, backup));
        var restored = Assert.Single(await JsonAsync(Ok, "restore", backup, target));

        Assert.Equal("kind location node incarnation isSound damage lastGroup segments reusedSegments bytes copiedBytes", Names(made));
        Assert.Equal("kind location isDone node madeAt incarnation damage segments bytes", Names(restored));
        Assert.Equal((1, 0), (made.GetProperty("segments").GetInt32(), made.GetProperty("reusedSegments").GetInt32()));
        Assert.Equal((1, 0), (again.GetProperty("reusedSegments").GetInt32(), again.GetProperty("copiedBytes").GetInt32()));
        Assert.Equal(made.GetProperty("bytes").GetInt64(), restored.GetProperty("bytes").GetInt64());
        Assert.Equal(4, Assert.Single(await JsonAsync(Ok, "verify", target)).GetProperty("events").GetInt32());
        FlipBit(Path.Combine(backup, "00000000000000000001.segment"), 5_000);
        var refused = await JsonAsync(Failed, "restore", backup, NewStorage("other"));
        Assert.False(refused[^1].GetProperty("isDone").GetBoolean());
        Assert.True((await JsonAsync(Ok, "restore", backup, NewStorage("other"), "--accept-damage"))[^1].GetProperty("isDone").GetBoolean());
    }

    private static string? Kind(JsonElement line) => line.GetProperty("kind").GetString();

    private static string Names(JsonElement line) => string.Join(' ', line.EnumerateObject().Select(static property => property.Name));

    /// <summary>A store that a node has closed.</summary>
    private async Task<string> MakeStoreAsync()
    {
        var path = NewStorage("store");
        await using var log = FileLogStore.Open(
            path, NodeId.Parse("solo"), new FileStorageOptions { SegmentBytes = 8 * 1024 * 1024 }, default, TimeProvider.System, NullLogger.Instance);
        await using var orders = await log.OpenWriterAsync(TopicName.Parse("orders.new"), CancellationToken.None);
        await orders.AppendAsync(Batches.Of("a", "b", "c"), default, Durability.Disk, CancellationToken.None);
        await using var audit = await log.OpenWriterAsync(TopicName.Parse("audit.log"), CancellationToken.None);
        await audit.AppendAsync(Batches.Of(new string('x', 2_000)), default, Durability.Disk, CancellationToken.None);
        return path;
    }

    private static void FlipBit(string path, long position)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> value = stackalloc byte[1];
        RandomAccess.Read(file, value, position);
        value[0] ^= 1;
        RandomAccess.Write(file, value, position);
    }

    /// <summary>Runs a tool; the lines that it prints with <c>--json</c>.</summary>
    private async Task<JsonElement[]> JsonAsync(int exitCode, params string[] arguments)
    {
        var tool = Run(BuiltPrograms.Cli, ["log", .. arguments, "--json"]);
        Assert.Equal(exitCode, await tool.ExitAsync());
        return [.. tool.Output.Lines.Select(static line => JsonDocument.Parse(line).RootElement)];
    }
}
