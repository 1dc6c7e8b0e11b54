using System.Text.Json;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>A node that is backed up while it works, lost, and restored.</summary>
public sealed class BackupTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";
    private const int StepEvents = 50;

    [Fact]
    public async Task Node_WhenItIsLostAndRestoredFromABackupThatWasMadeUnderLoad_NeitherLosesNorDoublesAnythingAtItsPeer()
    {
        var (lost, backup, restored) = (NewStorage("east"), NewStorage("backup"), NewStorage("restored"));
        var west = await StartAsync("west");
        var east = await StartOnAsync(lost, "east", [$"west={west.PeerAddress}"]);
        var atWest = await SubscribeAsync(west, "orders.>");
        await LinkedAsync(east, west);
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 0, StepEvents));

        using var ending = new CancellationTokenSource();
        var publishing = PublishAsync(east.Client, "first", ending.Token);
        await atWest.UntilAsync("events of east", static records => records.TextsOf("east").Length > StepEvents);
        var made = await ToolAsync("backup", lost, backup);
        var count = atWest.Records.TextsOf("east").Length;
        await atWest.UntilAsync("more events of east", records => records.TextsOf("east").Length > count + StepEvents);
        await ending.CancelAsync();
        string[] published = [.. await publishing];

        // A life that the backup knows nothing of.
        Assert.Equal(0, await east.StopAsync());
        east = await StartOnAsync(lost, "east", [$"west={west.PeerAddress}"]);
        await LinkedAsync(east, west);
        published = [.. published, .. await PublishStepAsync(east.Client, "second")];
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", StepEvents, StepEvents));
        await atWest.UntilAsync("all of east", records => records.TextsOf("east").Length == published.Length);
        await east.KillAsync();
        Directory.Delete(lost, recursive: true);
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 2 * StepEvents, StepEvents));

        var report = await ToolAsync("restore", backup, restored);
        Assert.True(report.GetProperty("incarnation").GetInt64() > made.GetProperty("incarnation").GetInt64());
        east = await StartOnAsync(restored, "east", [$"west={west.PeerAddress}"]);
        await LinkedAsync(east, west);
        published = [.. published, .. await PublishStepAsync(east.Client, "third")];

        await atWest.UntilAsync("all of east after it came back", records => records.TextsOf("east").Length == published.Length);
        AssertOnce(published, await Payloads.ReadLogAsync(west.Client, Topic), "east");
        await EventuallyHoldsAsync(east, Payloads.Series("west", 0, 3 * StepEvents));
        var log = await Payloads.ReadLogAsync(east.Client, Topic);
        AssertOnce(Payloads.Series("west", 0, 3 * StepEvents), log, "west");
        var held = log.TextsOf("east");
        Assert.Equal(published[..(held.Length - StepEvents)], held[..^StepEvents]);
        Assert.Equal(published[^StepEvents..], held[^StepEvents..]);
        Assert.True(held.Length > 2 * StepEvents, $"{held.Length} events of its own");
    }

    [Fact]
    public async Task Tools_BesideANodeUnderLoad_FindNothingWrongAndDisturbNothing()
    {
        var (storage, backup) = (NewStorage("solo"), NewStorage("backup"));
        var node = await StartOnAsync(storage, "solo", []);
        using var ending = new CancellationTokenSource();
        var publishing = PublishAsync(node.Client, "load", ending.Token);

        for (var round = 0; round < 3; round++)
        {
            Assert.True((await ToolAsync("backup", storage, backup)).GetProperty("isSound").GetBoolean());
            Assert.True((await ToolAsync("verify", backup)).GetProperty("isSound").GetBoolean());
            Assert.True((await ToolAsync("verify", storage)).GetProperty("isSound").GetBoolean());
            Assert.Equal("store", (await ToolAsync("inspect", storage)).GetProperty("kind").GetString());
        }

        await ending.CancelAsync();
        var published = await publishing;
        Assert.Equal(published, (await Payloads.ReadLogAsync(node.Client, Topic)).TextsOf("solo"));
        Assert.Equal(0, node.Output.Count("fail:") + node.Output.Count("warn:"));
    }

    /// <summary>Has <paramref name="one"/> want what <paramref name="other"/> publishes, as the other way round it does already.</summary>
    private async Task LinkedAsync(SiloProcess one, SiloProcess other)
    {
        await SubscribeAsync(one, "orders.>");
        await one.InterestAsync(other, "orders.>");
        await other.InterestAsync(one, "orders.>");
        await one.PeerAsync(other.Node, "is linked", static report => report.Health == PeerHealth.Healthy);
    }

    /// <summary>Publishes in steps until it is told to end; everything that was acknowledged.</summary>
    private static async Task<List<string>> PublishAsync(IMeshClient client, string name, CancellationToken ending)
    {
        var published = new List<string>();
        while (!ending.IsCancellationRequested)
        {
            var texts = Payloads.Series(name, published.Count, StepEvents);
            await Payloads.PublishAsync(client, Topic, texts);
            published.AddRange(texts);
        }

        return published;
    }

    private static async Task<string[]> PublishStepAsync(IMeshClient client, string name)
    {
        var texts = Payloads.Series(name, 0, StepEvents);
        await Payloads.PublishAsync(client, Topic, texts);
        return texts;
    }

    private static async Task EventuallyHoldsAsync(SiloProcess node, string[] texts) => await Deadline.UntilAsync(
        $"{node.Node} holds {texts.Length} events of west",
        async _ => (await Payloads.ReadLogAsync(node.Client, Topic)).TextsOf("west").Length,
        count => count >= texts.Length);

    private static void AssertOnce(string[] published, IReadOnlyList<MeshEvent> log, string origin)
    {
        Assert.Equal(published, log.TextsOf(origin));
        var events = log.Where(record => !record.IsGap && record.Origin.Value == origin).ToList();
        Assert.Equal(events.Count, events.Select(static record => record.Position).Distinct().Count());
    }

    /// <summary>Runs <c>eventmesh log</c>, which succeeds; the last line that it prints.</summary>
    private async Task<JsonElement> ToolAsync(params string[] arguments)
    {
        var tool = Run(BuiltPrograms.Cli, ["log", .. arguments, "--json"]);
        Assert.Equal((0, string.Join(' ', arguments)), (await tool.ExitAsync(), string.Join(' ', arguments)));
        return JsonDocument.Parse(tool.Output.Lines[^1]).RootElement;
    }
}
