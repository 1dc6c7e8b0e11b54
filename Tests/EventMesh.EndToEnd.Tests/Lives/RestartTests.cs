using EventMesh.Core.Topics;
using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>A node on files that stops and starts in an orderly way, and what keeps one from starting.</summary>
public sealed class RestartTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";
    private const int Failed = 1;

    [Fact]
    public async Task Node_WhenStoppedAndStarted_KeepsItsEventsAndGoesOnBehindThem()
    {
        var node = await StartAsync("solo");
        var before = await Payloads.PublishAsync(node.Client, Topic, Payloads.Series("before", 0, 500));
        await Payloads.PublishAsync(node.Client, "orders.us", ["one"]);
        Assert.Equal(0, await node.StopAsync());

        var again = await StartOnAsync(node.Storage, "solo", []);
        var after = await Payloads.PublishAsync(again.Client, Topic, Payloads.Series("after", 0, 500));

        Assert.Equal(Enumerable.Range(0, 1_000).Select(static n => (long)n), before.Concat(after).Select(static receipt => receipt.Offset.Value));
        Assert.Equal(Enumerable.Range(0, 1_000).Select(static n => (long)n), before.Concat(after).Select(static receipt => receipt.Sequence));
        Assert.True(after[0].Origin.Incarnation > before[0].Origin.Incarnation);
        var log = await Payloads.ReadLogAsync(again.Client, Topic);
        Assert.Equal([.. Payloads.Series("before", 0, 500), .. Payloads.Series("after", 0, 500)], log.TextsOf("solo"));
        var topics = await again.Client.ListTopicsAsync(TopicPattern.Parse("orders.>"));
        Assert.Equal([Topic, "orders.us"], topics.Topics.Select(static topic => topic.Topic));
    }

    [Fact]
    public async Task Link_WhenANodeIsStoppedForAWhile_ItGetsWhatItMissedWithoutAGap()
    {
        var west = await StartAsync("west");
        var east = await StartAsync("east", $"west={west.PeerAddress}");
        var first = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 0, 100));
        await first.EventsAsync(100);

        Assert.Equal(0, await east.StopAsync());
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 100, 200));
        var again = await StartOnAsync(east.Storage, "east", [$"west={west.PeerAddress}"]);
        var second = await SubscribeAsync(again, "orders.>");

        Assert.Equal(Payloads.Series("west", 100, 200), (await second.EventsAsync(200)).TextsOf("west"));
        var log = await Payloads.ReadLogAsync(again.Client, Topic);
        Assert.DoesNotContain(log, static record => record.IsGap);
        Assert.Equal(Payloads.Series("west", 0, 300), log.TextsOf("west"));
    }

    [Fact]
    public async Task Silo_WhenAnotherProcessHasTheDirectory_EndsAndSaysWhatToDo()
    {
        var first = await StartAsync("solo");

        var second = Run(BuiltPrograms.Silo, ["--node-id", "solo", "--http-port", "0", "--peer-listen", "", "--eventlog-path", first.Storage!]);

        Assert.Equal(Failed, await second.ExitAsync());
        var line = await second.Output.LineAsync("EM2007");
        Assert.Contains(first.Storage!, line, StringComparison.Ordinal);
        Assert.Contains("--eventlog-path", line, StringComparison.Ordinal);
        Assert.Equal(0, second.Output.Count("   at "));
        await Payloads.PublishAsync(first.Client, Topic, ["still here"]);
    }

    [Fact]
    public async Task Silo_WhenTheDirectoryIsAnotherNodes_EndsAndNamesBoth()
    {
        var west = await StartAsync("west");
        await west.StopAsync();

        var east = Run(BuiltPrograms.Silo, ["--node-id", "east", "--http-port", "0", "--peer-listen", "", "--eventlog-path", west.Storage!]);

        Assert.Equal(Failed, await east.ExitAsync());
        var line = await east.Output.LineAsync("EM2006");
        Assert.Contains("'west'", line, StringComparison.Ordinal);
        Assert.Contains("'east'", line, StringComparison.Ordinal);
        Assert.Equal(0, east.Output.Count("   at "));
    }

    [Fact]
    public async Task Silo_WhenNoPathIsGiven_KeepsEventsBelowItsCurrentDirectoryByItsName()
    {
        var silo = Run(BuiltPrograms.Silo, ["--node-id", "solo", "--http-port", "0", "--peer-listen", ""]);

        var line = await silo.Output.LineAsync("  events   in ");

        Assert.EndsWith(Path.Combine("eventmesh-data", "solo"), line, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(line.Split(" in ")[1], "store")));
        silo.RequestStop();
        Assert.Equal(0, await silo.ExitAsync());
    }
}
