using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Tests.Files.Reading;

/// <summary>Writes runs of some topics and origins at random, into segments and into a model at once.</summary>
/// <param name="store">The segments.</param>
/// <param name="random">Decides.</param>
/// <param name="maxRuns">Most runs of a group.</param>
internal sealed class RandomTopics(TestSegments store, Random random, int maxRuns)
{
    public static readonly TopicName[] Names = [TopicName.Parse("a"), TopicName.Parse("b.c"), TopicName.Parse("d")];
    public static readonly NodeId[] Origins = [TestSegments.Home, NodeId.Parse("east"), NodeId.Parse("west")];

    private readonly Dictionary<(TopicName, NodeId), Position> _positions = [];
    private readonly List<(TopicModel Model, int Run)> _gathering = [];
    private long _now = 1000;

    public Dictionary<TopicName, TopicModel> Models { get; } = Names.ToDictionary(static name => name, static _ => new TopicModel());

    public long Now => _now;

    /// <summary>One step of what a store does.</summary>
    public void Step()
    {
        switch (random.Next(20))
        {
            case < 10:
                AppendGroup();
                break;
            case < 12:
                Trim();
                break;
            case < 14:
                store.BeginSegment();
                break;
            case < 17:
                store.Seal();
                break;
            case 17:
                store.TryDropOldest();
                break;
            case 18:
                DamageSection();
                break;
            default:
                store.LetRest(Names[random.Next(Names.Length)]);
                break;
        }
    }

    private void AppendGroup()
    {
        for (var runs = random.Next(1, maxRuns); runs > 0; runs--)
        {
            _now += random.Next(3);
            var topic = Names[random.Next(Names.Length)];
            var kind = random.Next(12) switch { 0 => RunKind.Lost, 1 or 2 => RunKind.Gap, _ => RunKind.Events };
            Add(topic, kind, Origins[random.Next(Origins.Length)]);
        }

        var segment = store.Segments.All()[^1].Number;
        foreach (var ((model, index), run) in _gathering.Zip(store.Flush()))
        {
            if (index >= 0 && run.Length > 0 && random.Next(15) == 0)
            {
                store.Flip(run, segment, random.Next(run.Length));
                model.Damage(index);
            }
        }

        _gathering.Clear();
    }

    private void Add(TopicName topic, RunKind kind, NodeId origin)
    {
        var model = Models[topic];
        var first = model.Limit + (random.Next(15) == 0 ? random.Next(1, 4) : 0);
        var count = kind == RunKind.Gap ? 1 : random.Next(4) == 0 ? random.Next(1, 60) : random.Next(1, 4);
        var position = kind == RunKind.Lost && random.Next(2) == 0 ? Position.None : Next(topic, origin, kind == RunKind.Events ? count : 1);
        var run = new RunDescriptor
        {
            Kind = kind,
            FirstOffset = first,
            Count = count,
            AppendTimeUnixMs = _now,
            Origin = origin == TestSegments.Home || position.IsNone ? default : origin,
            First = position,
            BaseTimeUnixMs = _now - 500,
        };
        var (bytes, bodies, times) = kind switch
        {
            RunKind.Events => Events(run),
            RunKind.Gap => GapOf(run, origin),
            _ => ([], [], []),
        };
        model.Add(new ModelRun(kind, first, first + count, position.IsNone ? default : origin, position, _now, bodies, times));
        _gathering.Add((model, model.Runs.Count - 1));
        store.Add(topic, run, bytes);
    }

    private (byte[] Bytes, byte[][] Bodies, long[] Times) Events(in RunDescriptor run)
    {
        var builder = new EventBatchBuilder { BaseTimeUnixMs = run.BaseTimeUnixMs };
        var bodies = new byte[run.Count][];
        var times = new long[run.Count];
        for (var i = 0; i < run.Count; i++)
        {
            bodies[i] = new byte[random.Next(20) == 0 ? random.Next(1, 9000) : random.Next(1, 50)];
            random.NextBytes(bodies[i]);
            var time = run.BaseTimeUnixMs + random.Next(-200, 200);
            builder.AddEncoded(bodies[i], time);
            times[i] = run.Origin.IsEmpty ? run.AppendTimeUnixMs : time;
        }

        return (builder.Build().Bytes.ToArray(), bodies, times);
    }

    private static (byte[] Bytes, byte[][] Bodies, long[] Times) GapOf(in RunDescriptor run, NodeId origin)
    {
        var body = GapBody.Encode(new Gap(origin, Position.None, run.First, GapReason.NotWanted));
        return (body, [body], [run.BaseTimeUnixMs]);
    }

    /// <summary>The origin's next position, sometimes further on or in a later incarnation; <paramref name="count"/> are taken.</summary>
    private Position Next(TopicName topic, NodeId origin, int count)
    {
        var last = _positions.GetValueOrDefault((topic, origin));
        var incarnation = new Incarnation(Math.Max(1, last.Incarnation.Value) + (random.Next(10) == 0 ? 5 : 0));
        var first = new Position(incarnation, last.NextSequence + (random.Next(6) == 0 ? 3 : 0));
        _positions[(topic, origin)] = new Position(incarnation, first.Sequence + count - 1);
        return first;
    }

    private void DamageSection()
    {
        var slices = store.Topics.Find(Names[random.Next(Names.Length)]) is { } topic ? TopicHeads.SlicesOf(topic) : [];
        if (slices.Length > 0 && !store.HasDropped)
        {
            var slice = slices[random.Next(slices.Length)];
            store.FlipSection(slice, random.Next(slice.Length), random.Next(8));
        }
    }

    private void Trim()
    {
        var topic = Names[random.Next(Names.Length)];
        var model = Models[topic];
        var start = random.NextInt64(model.Start, model.Limit + 1);
        _now++;
        model.Trim(start, _now);
        _gathering.Clear();
        store.Add(topic, new RunDescriptor { Kind = RunKind.Trim, FirstOffset = start, Count = 0, AppendTimeUnixMs = _now }, []);
        store.Flush();
    }
}
