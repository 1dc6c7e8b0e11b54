using System.Net;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>A node whose disk fills up, for real.</summary>
public sealed class FullDiskTests(ITestOutputHelper output) : MeshTest(output)
{
    private const int DiskMebibytes = 56;
    private const int BallastBytes = 24 * 1024 * 1024;
    private const int EventBytes = 64 * 1024;
    private const int MoreThanFit = 2_000;
    private const string Topic = "orders.eu";

    [SmallDiskFact]
    public async Task Node_WhenItsDiskIsFull_RefusesToPublishGoesOnReadingAndRecoversWhenThereIsRoom()
    {
        var disk = Own(SmallDisk.Mount(NewStorage("disk"), DiskMebibytes));
        var ballast = Path.Combine(disk.Location, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[BallastBytes]);
        var node = await StartOnAsync(Path.Combine(disk.Location, "store"), "solo", []);

        var stored = await FillAsync(node.Client);
        await AssertFullAsync(node);
        await AssertReadableAsync(node, stored);

        File.Delete(ballast);
        await Deadline.UntilAsync("the node is ready again", _ => new ValueTask<HttpStatusCode>(node.HealthAsync("ready")), IsOk);
        var receipt = await node.Client.PublishAsync(Topic, Payload(stored));
        Assert.Equal((stored, Durability.Disk), ((int)receipt.Offset.Value, receipt.Durability));

        await node.KillAsync();
        var again = await StartOnAsync(node.Storage, "solo", []);
        await AssertReadableAsync(again, stored + 1);
    }

    [SmallDiskFact]
    public async Task Node_WhenItIsStartedOnAFullDisk_ReadsWhatThereIsAndRecoversWhenThereIsRoom()
    {
        var disk = Own(SmallDisk.Mount(NewStorage("disk"), DiskMebibytes));
        var ballast = Path.Combine(disk.Location, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[BallastBytes]);
        var node = await StartOnAsync(Path.Combine(disk.Location, "store"), "solo", []);
        var stored = await FillAsync(node.Client);
        await node.KillAsync();
        TakeTheRest(disk);

        var again = Own(SiloProcess.Start("solo", [], node.Storage));
        await again.ListensAsync();
        await AssertFullAsync(again);
        await AssertReadableAsync(again, stored);
        File.Delete(ballast);
        await again.ReadyAsync();

        Assert.Equal(stored, (await again.Client.PublishAsync(Topic, Payload(stored))).Offset.Value);
    }

    /// <summary>Leaves no byte: what was less than a segment is taken too.</summary>
    private static void TakeTheRest(SmallDisk disk)
    {
        using var rest = File.OpenHandle(Path.Combine(disk.Location, "rest"), FileMode.CreateNew, FileAccess.Write);
        var page = new byte[4096];
        var written = 0L;
        try
        {
            for (; written < DiskMebibytes * 1024L * 1024; written += page.Length)
            {
                RandomAccess.Write(rest, page, written);
            }
        }
        catch (IOException)
        {
            // The disk is full, as wanted.
            return;
        }

        throw new InvalidOperationException($"{written} bytes more fit on a disk of {DiskMebibytes} MiB.");
    }

    private static bool IsOk(HttpStatusCode status) => status == HttpStatusCode.OK;

    /// <summary>Publishes one event after the other until one is refused; the result is how many were stored.</summary>
    private static async Task<int> FillAsync(IMeshClient client)
    {
        for (var i = 0; i < MoreThanFit; i++)
        {
            try
            {
                Assert.Equal(i, (await client.PublishAsync(Topic, Payload(i))).Offset.Value);
            }
            catch (EventMeshException refusal)
            {
                Assert.Equal(MeshErrorCode.LogFull, refusal.Code);
                return i;
            }
        }

        throw new InvalidOperationException($"{MoreThanFit} events of {EventBytes} bytes fit on a disk of {DiskMebibytes} MiB.");
    }

    private static async Task AssertFullAsync(SiloProcess node)
    {
        var refusal = await Assert.ThrowsAsync<EventMeshException>(async () => await node.Client.PublishAsync("orders.other", Payload(0)));
        Assert.Equal(MeshErrorCode.LogFull, refusal.Code);
        var health = await node.Client.GetHealthAsync();
        Assert.True(health is { IsLive: true, IsReady: false });
        Assert.StartsWith("EM2005: ", Assert.Single(health.Problems), StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (await node.HealthAsync("live"), await node.HealthAsync("ready")));
    }

    private async Task AssertReadableAsync(SiloProcess node, int count)
    {
        var log = await Payloads.ReadLogAsync(node.Client, Topic);
        var subscriber = Own(await Subscriber.OpenAsync(node.Client, Topic, SubscriptionStart.Earliest));
        foreach (var records in new[] { log, await subscriber.EventsAsync(count) })
        {
            Assert.Equal(Enumerable.Range(0, count), records.Select(NumberOf));
        }
    }

    private static byte[] Payload(int number)
    {
        var payload = new byte[EventBytes];
        Array.Fill(payload, (byte)number);
        BitConverter.TryWriteBytes(payload, number);
        return payload;
    }

    private static int NumberOf(MeshEvent record)
    {
        var number = BitConverter.ToInt32(record.Payload.Span);
        Assert.True(record.Payload.Span.SequenceEqual(Payload(number)), $"{record.Offset} is not what was published.");
        return number;
    }
}
