using System.Text.Json;
using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>The tool for terminals, as a script uses it.</summary>
public sealed class CliTests(ITestOutputHelper output) : MeshTest(output)
{
    private const int Ok = 0;
    private const int Failed = 1;
    private const int Usage = 2;

    [Fact]
    public async Task Publish_WhenReadBackByStreamAndReplay_GivesOneJsonObjectALine()
    {
        var node = await StartAsync("solo");

        var receipt = Assert.Single(await JsonAsync(node, "", "publish", "--topic", "orders.new", "--payload", "{\"n\":0}"));
        Assert.Equal(("solo", 0), (receipt.GetProperty("origin").GetString(), receipt.GetProperty("firstOffset").GetInt32()));
        var many = Assert.Single(await JsonAsync(node, "{\"n\":1}\n{\"n\":2}\n", "publish", "--topic", "orders.new"));
        Assert.Equal((2, 2), (many.GetProperty("count").GetInt32(), many.GetProperty("lastOffset").GetInt32()));
        await JsonAsync(node, "", "publish", "--topic", "orders.text", "--payload", "not JSON");

        var streamed = await JsonAsync(node, "", "stream", "--topic", "orders.>", "--from", "earliest", "--count", "4");
        Assert.Equal([0, 1, 2], streamed.Where(IsOrder).Select(Number));
        var text = Assert.Single(streamed, static line => !IsOrder(line));
        Assert.Equal("not JSON"u8.ToArray(), text.GetProperty("payloadBase64").GetBytesFromBase64());
        var replayed = await JsonAsync(node, "", "replay", "--topic", "orders.new", "--offset", "1", "--limit", "1");
        Assert.Equal(1, Number(Assert.Single(replayed)));
        var topics = await JsonAsync(node, "", "topics");
        Assert.Equal(["orders.new 3", "orders.text 1"], topics.Select(static line => $"{line.GetProperty("topic")} {line.GetProperty("endOffset")}"));
    }

    [Fact]
    public async Task Publish_WhenRepeatedUnderTheSameNumbers_StoresEachEventOnce()
    {
        var node = await StartAsync("solo");
        string[] publish = ["publish", "--topic", "orders.new", "--producer", "till-7"];

        var first = Assert.Single(await JsonAsync(node, "{\"n\":0}\n{\"n\":1}\n", publish));
        var again = Assert.Single(await JsonAsync(node, "{\"n\":0}\n{\"n\":1}\n", publish));
        var next = Assert.Single(await JsonAsync(node, "", [.. publish, "--sequence", "2", "--payload", "{\"n\":2}"]));
        var hole = RunTool(node, "", [.. publish, "--sequence", "9", "--payload", "{\"n\":9}"]);

        Assert.Equal((false, true, false), (IsDuplicate(first), IsDuplicate(again), IsDuplicate(next)));
        Assert.Equal(Failed, await hole.ExitAsync());
        await hole.Output.LineAsync("EM1016");
        Assert.Equal([0, 1, 2], (await JsonAsync(node, "", "replay", "--topic", "orders.new", "--offset", "0", "--limit", "10")).Select(Number));

        static bool IsDuplicate(JsonElement receipt) => receipt.GetProperty("duplicate").GetBoolean();
    }

    [Fact]
    public async Task Stream_WhenControlCIsPressed_HasShownWhatCameAndEndsWell()
    {
        var node = await StartAsync("solo");
        var stream = RunTool(node, "", "stream", "--topic", "orders.*");
        await stream.Output.LineAsync("Subscribed to orders.*");

        await Payloads.PublishAsync(node.Client, "orders.new", ["first", "second"]);
        await stream.Output.LineAsync("second");
        stream.PressControlC();

        Assert.Equal(Ok, await stream.ExitAsync());
        Assert.Equal(1, stream.Output.Count("first"));
    }

    [Fact]
    public async Task PeersAndHealth_WhenPiped_AreTextWithoutColours()
    {
        var east = await StartAsync("east");
        var west = await StartAsync("west", $"east={east.PeerAddress}", "south=127.0.0.1:1");
        await west.PeerAsync("south", "cannot be reached", static report => report.LastError.Length > 0);
        await west.PeerAsync("east", "is linked", static report => report.Health == PeerHealth.Healthy);

        var peers = RunTool(west, "", "peers");
        var health = RunTool(west, "", "health");

        Assert.Equal((Ok, Ok), (await peers.ExitAsync(), await health.ExitAsync()));
        Assert.Contains("Healthy", await peers.Output.LineAsync("east"), StringComparison.OrdinalIgnoreCase);
        await peers.Output.LineAsync("south: EM3013");
        Assert.Equal(["Healthy", "Disconnected"], (await JsonAsync(west, "", "peers")).Select(static peer => peer.GetProperty("health").GetString()));
        await health.Output.LineAsync("west is ready");
        Assert.Equal(0, peers.Output.Count("\u001b") + health.Output.Count("\u001b"));
    }

    [Fact]
    public async Task Tool_WhenAskedForWhatCannotBe_SaysWhyInAFewLines()
    {
        var node = await StartAsync("solo");
        (int ExitCode, string Reason, string[] Arguments)[] cases =
        [
            (Usage, "EM1001", ["publish", "--topic", "no topic", "--payload", "x"]),
            (Failed, "EM1003", ["publish", "--topic", "$state.x", "--payload", "x"]),
            (Usage, "EM1002", ["stream", "--topic", "a.>.b"]),
            (Failed, "EM1009", ["replay", "--topic", "nobody.knows", "--offset", "0"]),
            (Usage, "EM1015", ["publish", "--topic", "a", "--payload", "x", "--producer", "no id"]),
            (Usage, "--sequence", ["publish", "--topic", "a", "--payload", "x", "--sequence", "1"]),
            (Usage, "--count", ["stream", "--topic", "a", "--count", "0"]),
            (Usage, "frobnicate", ["frobnicate"]),
        ];

        foreach (var (exitCode, reason, arguments) in cases)
        {
            var tool = RunTool(node, "", arguments);
            Assert.Equal((exitCode, string.Join(' ', arguments)), (await tool.ExitAsync(), string.Join(' ', arguments)));
            await tool.Output.LineAsync(reason);
            Assert.Equal(0, tool.Output.Count("   at "));
        }
    }

    [Fact]
    public async Task Tool_WhenNoNodeIsThere_SaysWhatToDo()
    {
        var tool = Run(BuiltPrograms.Cli, ["topics", "--server", "http://127.0.0.1:1", "--timeout", "5"]);

        Assert.Equal(Failed, await tool.ExitAsync());
        await tool.Output.LineAsync("EM4004");
        await tool.Output.LineAsync("--server");
        Assert.Equal(0, tool.Output.Count("   at "));
    }

    private static bool IsOrder(JsonElement line) => line.GetProperty("topic").GetString() == "orders.new";

    private static int Number(JsonElement line) => line.GetProperty("payload").GetProperty("n").GetInt32();

    private ChildProcess RunTool(SiloProcess node, string input, params string[] arguments) =>
        Run(BuiltPrograms.Cli, [.. arguments, "--server", node.Url.ToString(), "--timeout", "30"], input: input);

    /// <summary>Runs a command that succeeds; the lines that it prints with <c>--json</c>.</summary>
    private async Task<JsonElement[]> JsonAsync(SiloProcess node, string input, params string[] arguments)
    {
        var tool = RunTool(node, input, [.. arguments, "--json"]);
        Assert.Equal(Ok, await tool.ExitAsync());
        return [.. tool.Output.Lines.Select(static line => JsonDocument.Parse(line).RootElement)];
    }
}
