using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;
using FsCheck;
using FsCheck.Fluent;

namespace EventMesh.Storage.Tests.Producers;

/// <summary>The table against a plain list of everything that was ever appended.</summary>
public sealed class ProducerTableModelTests
{
    private const int MaxProducers = 3;
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    [Fact]
    public void Decide_DecidesAsTheWholeHistoryDoes() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Attempt.ListOf(60).ToArbitrary(), attempts => Run(attempts, reopen: false)));

    [Fact]
    public void Decide_WhenTheTableIsWrittenAndReadBackInBetween_DecidesTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Attempt.ListOf(60).ToArbitrary(), attempts => Run(attempts, reopen: true)));

    /// <summary>A batch that begins near where its producer stands, after some time.</summary>
    private sealed record Try(int Producer, int Back, int Count, int Seconds);

    private static Gen<Try> Attempt { get; } =
        from producer in Gen.Choose(0, 4)
        from back in Gen.Frequency((4, Gen.Constant(0)), (2, Gen.Choose(1, 12)), (1, Gen.Choose(-2, -1)))
        from count in Gen.Choose(1, 3)
        from seconds in Gen.Frequency((6, Gen.Choose(0, 60)), (1, Gen.Choose(200, 700)))
        select new Try(producer, back, count, seconds);

    private static void Run(IEnumerable<Try> attempts, bool reopen)
    {
        var table = new ProducerTable(MaxProducers, Memory);
        var model = new Model();
        var now = 1_000_000L;
        var offset = 0L;
        foreach (var (producer, back, count, seconds) in attempts)
        {
            now += seconds * 1000L;
            var id = ProducerId.Parse($"p{producer}");
            var first = Math.Max(0, model.EverSent(id) - back);
            var expected = model.Decide(id, first, count, now);

            Assert.Equal(expected, Outcome(table, id, first, count, now));

            if (expected == "next")
            {
                var batch = new ProducerBatch(first, count, offset, new Position(new Incarnation(1), offset));
                table.Observe(id, batch, now);
                model.Append(id, batch, now);
                offset += count;
            }

            Assert.InRange(table.Count, 0, MaxProducers);
            table = reopen ? ProducerTable.From(table.ToHeads(), MaxProducers, Memory) : table;
        }
    }

    private static string Outcome(ProducerTable table, ProducerId id, long first, int count, long now)
    {
        try
        {
            return table.Decide(new ProducerStamp(id, first), count, now) is { } held ? $"held at {held.FirstOffset}, {held.First}" : "next";
        }
        catch (EventMeshException refusal)
        {
            return refusal.Code == MeshErrorCode.Busy ? $"Busy {refusal.RetryAfter!.Value.TotalMilliseconds}" : $"{refusal.Code}";
        }
    }

    private sealed class Model
    {
        private readonly List<(ProducerId Id, ProducerBatch Batch, long Time)> _history = [];
        private readonly HashSet<ProducerId> _known = [];

        public long EverSent(ProducerId id) => _history.Where(entry => entry.Id == id).Select(entry => entry.Batch.FirstSequence + entry.Batch.Count).LastOrDefault();

        public string Decide(ProducerId id, long first, int count, long now)
        {
            Forget(now);
            if (!_known.Contains(id))
            {
                var longestIdle = _known.Count == 0 ? 0 : _known.Min(LastSeen);
                var wait = longestIdle + (5 * 60_000) - now;
                return first > 0 ? "ProducerUnknown" : _known.Count == MaxProducers && wait > 0 ? $"Busy {wait}" : "next";
            }

            var life = Life(id);
            if (first == life[^1].FirstSequence + life[^1].Count)
            {
                return "next";
            }

            foreach (var batch in life.TakeLast(5))
            {
                if (first >= batch.FirstSequence && first + count <= batch.FirstSequence + batch.Count)
                {
                    var at = batch.FirstOffset + (first - batch.FirstSequence);
                    return $"held at {at}, 1/{at}";
                }
            }

            return "ProducerOutOfOrder";
        }

        public void Append(ProducerId id, ProducerBatch batch, long now)
        {
            Forget(now);
            if (!_known.Contains(id) && _known.Count == MaxProducers)
            {
                _known.Remove(_history.Last(entry => _known.Contains(entry.Id) && LastSeen(entry.Id) == _known.Min(LastSeen) && OldestAmongEqual(entry.Id)).Id);
            }

            _known.Add(id);
            _history.Add((id, batch, now));
        }

        private bool OldestAmongEqual(ProducerId id) =>
            _known.Where(other => LastSeen(other) == LastSeen(id)).All(other => LastIndex(id) <= LastIndex(other));

        private int LastIndex(ProducerId id) => _history.FindLastIndex(entry => entry.Id == id);

        private void Forget(long now) => _known.RemoveWhere(id => now - LastSeen(id) > Memory.TotalMilliseconds);

        private long LastSeen(ProducerId id) => _history.Last(entry => entry.Id == id).Time;

        /// <summary>The producer's batches since it last began at 0.</summary>
        private List<ProducerBatch> Life(ProducerId id)
        {
            var all = _history.Where(entry => entry.Id == id).Select(entry => entry.Batch).ToList();
            return all[all.FindLastIndex(batch => batch.FirstSequence == 0)..];
        }
    }
}
