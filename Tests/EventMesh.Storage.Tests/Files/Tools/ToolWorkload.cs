using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>Does to a store what nodes do, in an order that the seed decides.</summary>
/// <param name="harness">The store.</param>
/// <param name="seed">Decides.</param>
/// <param name="canKill">Whether the process may end without a word, which ends the directory that a tool looks at.</param>
internal sealed class ToolWorkload(ToolHarness harness, int seed, bool canKill = true)
{
    private const int MaxTopics = 6;

    private readonly Random _random = new(seed);

    /// <summary>Takes <paramref name="steps"/> steps.</summary>
    public async Task RunAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            await StepAsync();
        }
    }

    private async Task StepAsync()
    {
        var topic = TopicName.Parse($"topic.{_random.Next(MaxTopics)}");
        switch (_random.Next(12))
        {
            case < 5:
                await harness.AppendAsync(topic, Events());
                break;
            case < 8:
                await ReplicateAsync(topic);
                break;
            case 8:
                var end = (await harness.NextOffsetAsync(topic)).Value;
                await harness.TrimAsync(topic, end - Math.Min(end, _random.Next(4)));
                break;
            case 9 when _random.Next(4) == 0:
                await harness.DeleteAsync(topic);
                break;
            case 10:
                harness.Clean();
                break;
            case 11 when _random.Next(6) == 0:
                await (_random.Next(2) == 0 || !canKill ? harness.RestartAsync() : harness.KillAsync());
                break;
            default:
                harness.Store.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(100)));
                break;
        }
    }

    private async Task ReplicateAsync(TopicName topic)
    {
        var origin = NodeId.Parse($"origin-{_random.Next(3)}");
        var held = await harness.HeldPositionAsync(topic, origin);
        var incarnation = Math.Max(1, held.Incarnation.Value + (_random.Next(5) == 0 ? 1 : 0));
        if (_random.Next(4) == 0)
        {
            var to = new Position(new Incarnation(incarnation), held.NextSequence + _random.Next(5));
            await harness.ReplicateAsync(topic, new Gap(origin, held, to, GapReason.Trimmed));
            return;
        }

        await harness.ReplicateAsync(topic, new ReplicaBatch(origin, new Incarnation(incarnation), held, held.NextSequence, 1, Events()));
    }

    private EventBatch Events() => Batches.Of([.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => new string('e', _random.Next(1, 900)))]);
}
