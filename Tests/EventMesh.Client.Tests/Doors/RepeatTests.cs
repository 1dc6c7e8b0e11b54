using System.Text;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Tests.Doors;

/// <summary>What the gRPC client does with publishes that have a producer when they are refused, or not answered.</summary>
public sealed class RepeatTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publish_WhenTheConnectionEndsUnanswered_IsSentAgain_AndStoredOnce(bool isClientsNumber)
    {
        var first = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(first.Url, Options(isClientsNumber));
        var answer = new TaskCompletionSource();
        first.Node.PublishGate = answer.Task;
        var publishes = Enumerable.Range(0, 3)
            .Select(i => client.PublishAsync("a", Bytes($"{i}"), isClientsNumber ? null : As("shop", i)).AsTask())
            .ToList();
        await first.Node.PublishCalled.WaitAsync(Patience);

        await first.DisposeAsync();
        answer.SetResult();
        await using var second = await DoorHost.StartAsync(first.Store, first.Port);
        var receipts = await Task.WhenAll(publishes).WaitAsync(Patience);

        Assert.Equal([0L, 1L, 2L], receipts.Select(static receipt => receipt.Offset.Value));
        Assert.True(receipts[0].IsDuplicate);
        Assert.Equal(["0", "1", "2"], await StoredAsync(second));
    }

    [Fact]
    public async Task Publish_WhenTheNodeIsBusy_IsSentAgain_AndNothingOvertakesIt()
    {
        await using var host = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(host.Url, Options());
        for (var i = 0; i < 3; i++)
        {
            host.Node.Refusals.Enqueue(new EventMeshException(MeshErrorCode.Busy, "Too much.") { RetryAfter = TimeSpan.FromMilliseconds(1) });
        }

        var receipts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.PublishAsync("a", Bytes($"{i}")).AsTask())).WaitAsync(Patience);

        Assert.All(receipts, static receipt => Assert.False(receipt.IsDuplicate));
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => $"{i}"), await StoredAsync(host));
    }

    [Fact]
    public async Task Publish_WhenTheTopicHasForgottenTheClient_BeginsAnew()
    {
        await using var host = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(host.Url, Options());
        await client.PublishAsync("a", Bytes("0"));
        host.Node.Refusals.Enqueue(new EventMeshException(MeshErrorCode.ProducerUnknown, "It was idle for too long."));

        var receipt = await client.PublishAsync("a", Bytes("1")).AsTask().WaitAsync(Patience);

        Assert.Equal((1L, false), (receipt.Offset.Value, receipt.IsDuplicate));
        Assert.Equal(["0", "1"], await StoredAsync(host));
    }

    [Fact]
    public async Task Publish_WhenNobodyListensForTooLong_Fails()
    {
        var host = await DoorHost.StartAsync();
        await host.DisposeAsync();
        await using var client = MeshClient.ForGrpc(host.Url, Options(maxRetryTime: TimeSpan.FromMilliseconds(50)));

        var publish = client.PublishAsync("a", Bytes("x")).AsTask();

        Assert.Equal(MeshErrorCode.NodeNotReady, (await Assert.ThrowsAsync<EventMeshException>(() => publish.WaitAsync(Patience))).Code);
    }

    [Fact]
    public async Task Publish_WhenAnUnansweredAttemptIsFollowedByARefusal_SaysThatItDoesNotKnow_AndNumbersAnew()
    {
        var first = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(first.Url, Options());
        var answer = new TaskCompletionSource();
        first.Node.PublishGate = answer.Task;
        var publish = client.PublishAsync("a", Bytes("0")).AsTask();
        await first.Node.PublishCalled.WaitAsync(Patience);
        await first.DisposeAsync();
        answer.SetResult();
        await using var second = await DoorHost.StartAsync(first.Store, first.Port);
        second.Node.Refusals.Enqueue(new EventMeshException(MeshErrorCode.LogFailed, "The disk is gone."));

        var failure = await Assert.ThrowsAsync<EventMeshException>(() => publish.WaitAsync(Patience));
        var next = await client.PublishAsync("a", Bytes("1")).AsTask().WaitAsync(Patience);

        Assert.Equal(MeshErrorCode.OutcomeUnknown, failure.Code);
        Assert.Contains("The disk is gone.", failure.Message, StringComparison.Ordinal);
        Assert.False(next.IsDuplicate);
        Assert.Equal(["0", "1"], await StoredAsync(second));
    }

    [Fact]
    public async Task Publish_OfNobody_IsNotSentAgain()
    {
        await using var host = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(host.Url, Options(isIdempotent: false));
        host.Node.Refusals.Enqueue(new EventMeshException(MeshErrorCode.Busy, "Too much."));

        var failure = await Assert.ThrowsAsync<EventMeshException>(() => client.PublishAsync("a", Bytes("x")).AsTask().WaitAsync(Patience));

        Assert.Equal(MeshErrorCode.Busy, failure.Code);
    }

    [Fact]
    public async Task Publish_OfProducersAndOfNobody_GoSideBySide()
    {
        await using var host = await DoorHost.StartAsync();
        await using var client = MeshClient.ForGrpc(host.Url, Options(isIdempotent: false));

        var receipts = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => client.PublishAsync("a", Bytes($"{i}"), i % 2 == 0 ? null : As("shop", i / 2)).AsTask())).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 200).Select(static i => (long)i), receipts.Select(static receipt => receipt.Offset.Value).Order());
        var numbered = (await StoredAsync(host)).Select(int.Parse).Where(static i => i % 2 == 1).ToList();
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => (2 * i) + 1), numbered);
    }

    [Fact]
    public async Task Dispose_WhenTheNodeIsBusyForGood_EndsAllTheSame()
    {
        await using var host = await DoorHost.StartAsync();
        host.Node.PublishRefusal = new EventMeshException(MeshErrorCode.Busy, "Too much.") { RetryAfter = TimeSpan.FromSeconds(20) };
        var client = MeshClient.ForGrpc(host.Url, Options());
        var publish = client.PublishAsync("a", Bytes("x")).AsTask();
        await host.Node.PublishCalled.WaitAsync(Patience);

        await client.DisposeAsync().AsTask().WaitAsync(Patience);

        await Assert.ThrowsAsync<EventMeshException>(() => publish);
    }

    private static MeshClientOptions Options(bool isIdempotent = true, TimeSpan? maxRetryTime = null) => new()
    {
        Idempotent = isIdempotent,
        ReconnectDelay = TimeSpan.FromMilliseconds(5),
        MaxRetryTime = maxRetryTime ?? TimeSpan.FromSeconds(60),
    };

    private static PublishOptions As(string producer, long number) => new() { Producer = new ProducerStamp(ProducerId.Parse(producer), number) };

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static async Task<List<string>> StoredAsync(DoorHost host)
    {
        using var batch = await host.Node.GetReader(TopicName.Parse("a")).ReadAsync(LogOffset.Zero, 1024 * 1024, 1_000, CancellationToken.None);
        return [.. batch.Records.Select(static record => Encoding.ASCII.GetString(EventBody.Payload(record.Body).Span))];
    }
}
