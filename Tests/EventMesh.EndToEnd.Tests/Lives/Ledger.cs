using System.Globalization;
using System.Text;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.EndToEnd.Tests.Processes;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>Publishes at a node for as long as it answers, over any number of its lives, remembers every receipt, and holds logs to them. Thread-safe.</summary>
/// <remarks>Lanes publish side by side. Each numbers its events, keeps several under way, and ends at the first that fails.</remarks>
internal sealed class Ledger(string origin, params string[] topics)
{
    private const int Lanes = 8;
    private const int UnderWay = 16;
    private const int MaxFiller = 1_500;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Topic, long Offset), Entry> _acked = [];
    private readonly int[] _next = new int[Lanes];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];

    public string Origin => origin;

    public IReadOnlyList<string> Topics => topics;

    /// <summary>Receipts so far.</summary>
    public int Acked
    {
        get
        {
            lock (_gate)
            {
                return _acked.Count;
            }
        }
    }

    /// <summary>Ends as soon as there are <paramref name="count"/> receipts.</summary>
    public Task AckedAsync(int count)
    {
        lock (_gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            Tell();
            return Deadline.MeetAsync($"{count} receipts of {origin}", reached.Task);
        }
    }

    /// <summary>Publishes until the node does not answer any more, or <paramref name="stop"/> is cancelled.</summary>
    public Task PublishAsync(IMeshClient client, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLaneAsync(client, lane, stop), CancellationToken.None)));

    /// <summary>Holds the origin's own logs to the receipts.</summary>
    /// <remarks>
    /// Offsets and sequences are dense from 0; what a receipt names is there, with its offset, sequence, incarnation and bytes; nothing is there twice, and nothing
    /// that was not published; what a lane sent stands in its order.
    /// </remarks>
    public async Task VerifyOwnAsync(IMeshClient client)
    {
        var found = 0;
        foreach (var topic in topics)
        {
            var records = await Payloads.ReadLogAsync(client, topic);
            for (var i = 0; i < records.Count; i++)
            {
                var record = records[i];
                Assert.True(!record.IsGap && record.Origin.Value == origin, $"{topic} at {i}: {Payloads.Describe(record)}");
                Assert.Equal((i, i), (record.Offset.Value, record.Position.Sequence));
                if (AckedAt(topic, i) is { } acked)
                {
                    found++;
                    Assert.Equal((TextOf(topic, acked.Lane, acked.Number), acked.Position), (Payloads.Text(record), record.Position));
                }
            }

            AssertOnceInOrder(topic, records);
        }

        Assert.Equal(Acked, found);
    }

    /// <summary>Holds another node's logs to the receipts: every event that was acknowledged, each once, in its lane's order.</summary>
    public async Task VerifyAtAsync(IMeshClient client)
    {
        foreach (var topic in topics)
        {
            var texts = AssertOnceInOrder(topic, await Payloads.ReadLogAsync(client, topic));
            lock (_gate)
            {
                Assert.DoesNotContain(_acked, acked => acked.Key.Topic == topic && !texts.Contains(TextOf(topic, acked.Value.Lane, acked.Value.Number)));
            }
        }
    }

    private static string TextOf(string topic, int lane, int number) => string.Create(
        CultureInfo.InvariantCulture, $"{topic} {lane} {number} {new string((char)('a' + number % 26), number * 7919 % MaxFiller)}");

    private Entry? AckedAt(string topic, long offset)
    {
        lock (_gate)
        {
            return _acked.TryGetValue((topic, offset), out var acked) ? acked : null;
        }
    }

    private HashSet<string> AssertOnceInOrder(string topic, IReadOnlyList<MeshEvent> records)
    {
        var texts = records.TextsOf(origin);
        var last = new int[Lanes];
        Array.Fill(last, -1);
        foreach (var text in texts)
        {
            var words = text.Split(' ');
            var (lane, number) = (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
            Assert.Equal(TextOf(topic, lane, number), text);
            Assert.True(number > last[lane], $"{topic}: lane {lane} sent {number} before {last[lane]}, or it is there twice.");
            last[lane] = number;
        }

        return [.. texts];
    }

    private async Task RunLaneAsync(IMeshClient client, int lane, CancellationToken stop)
    {
        var topic = topics[lane % topics.Length];
        var underWay = new Queue<Task<bool>>();
        while (!stop.IsCancellationRequested)
        {
            underWay.Enqueue(PublishOneAsync(client, topic, lane, _next[lane]++, stop));
            if (underWay.Count == UnderWay && !await underWay.Dequeue())
            {
                break;
            }
        }

        await Task.WhenAll(underWay);
    }

    private async Task<bool> PublishOneAsync(IMeshClient client, string topic, int lane, int number, CancellationToken stop)
    {
        try
        {
            var receipt = await client.PublishAsync(topic, Encoding.UTF8.GetBytes(TextOf(topic, lane, number)), cancellationToken: stop);
            Assert.Equal(Durability.Disk, receipt.Durability);
            lock (_gate)
            {
                var entry = new Entry(lane, number, new Position(receipt.Origin.Incarnation, receipt.Sequence));
                Assert.True(_acked.TryAdd((topic, receipt.Offset.Value), entry), $"{topic}: offset {receipt.Offset} was given twice.");
                Tell();
            }

            return true;
        }
        catch (EventMeshException failure) when (failure.Code is MeshErrorCode.OutcomeUnknown or MeshErrorCode.NodeNotReady)
        {
            // The node is dead: whether the event was stored is not known, and the log may hold it or not.
            return false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The same: nobody waits for its receipt any more.
            return false;
        }
    }

    private void Tell()
    {
        foreach (var (_, reached) in _waiting.Where(waiting => waiting.Count <= _acked.Count))
        {
            reached.TrySetResult();
        }

        _waiting.RemoveAll(static waiting => waiting.Reached.Task.IsCompleted);
    }

    private sealed record Entry(int Lane, int Number, Position Position);
}
