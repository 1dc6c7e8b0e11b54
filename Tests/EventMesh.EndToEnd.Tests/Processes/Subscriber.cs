using System.Globalization;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Topics;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>A subscriber that keeps what it gets. Thread-safe.</summary>
internal sealed class Subscriber : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<MeshEvent> _records = [];
    private readonly IMeshSubscription _subscription;
    private readonly Task _reading;
    private TaskCompletionSource _change = NewSignal();
    private Exception? _failure;

    private Subscriber(IMeshSubscription subscription)
    {
        _subscription = subscription;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Records so far, gaps included.</summary>
    public IReadOnlyList<MeshEvent> Records
    {
        get
        {
            lock (_gate)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>Subscribes at <paramref name="client"/>'s node, live unless told otherwise.</summary>
    public static async Task<Subscriber> OpenAsync(IMeshClient client, string pattern, SubscriptionStart start = SubscriptionStart.Live) =>
        new(await client.OpenSubscriptionAsync(new SubscribeOptions { Patterns = [TopicPattern.Parse(pattern)], Start = start }));

    /// <summary>The records, once there are <paramref name="count"/> events among them.</summary>
    public Task<IReadOnlyList<MeshEvent>> EventsAsync(int count) =>
        UntilAsync($"{count} events", records => records.Count(static record => !record.IsGap) >= count);

    /// <summary>The records, once they are as expected.</summary>
    public Task<IReadOnlyList<MeshEvent>> UntilAsync(string expectation, Func<IReadOnlyList<MeshEvent>, bool> isMet) =>
        Deadline.MeetAsync($"the subscriber has {expectation}", FindAsync(isMet), () => Describe(Records));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _subscription.DisposeAsync();
        await _reading;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Describe(IReadOnlyList<MeshEvent> records) => string.Create(
        CultureInfo.InvariantCulture,
        $"{records.Count} records, {records.Count(static record => record.IsGap)} of them gaps; the last is {(records.Count == 0 ? "none" : Payloads.Describe(records[^1]))}");

    private async Task<IReadOnlyList<MeshEvent>> FindAsync(Func<IReadOnlyList<MeshEvent>, bool> isMet)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw new InvalidOperationException("The subscription has failed.", _failure);
                }

                if (isMet(_records))
                {
                    return [.. _records];
                }

                change = _change.Task;
            }

            await change;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var record in _subscription)
            {
                Change(() => _records.Add(record));
            }
        }
        catch (Exception failure)
        {
            // Whoever waits is told; a test that waits for nothing more does not care.
            Change(() => _failure = failure);
        }
    }

    private void Change(Action apply)
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            apply();
            change = _change;
            _change = NewSignal();
        }

        change.SetResult();
    }
}
