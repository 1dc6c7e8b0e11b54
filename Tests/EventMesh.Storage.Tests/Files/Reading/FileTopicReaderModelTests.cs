using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Reading;
using EventMesh.TestKit;

namespace EventMesh.Storage.Tests.Files.Reading;

/// <summary>Random logs over many segments, sealed or not, trimmed, with holes, lost runs and damage: every method says what a plain list says.</summary>
public sealed class FileTopicReaderModelTests
{
    [Theory]
    [InlineData(8, 100)]
    [InlineData(150, 12)]
    public void Reader_WhateverTheSegmentsLookLike_SaysWhatAListSays(int maxRuns, int seeds) => SeededRandom.Run(1, seeds, random =>
    {
        // A cache of nothing reads every section anew.
        var store = new TestSegments(random.Next(), cacheBytes: random.Next(2) * (1 << 20));
        var topics = new RandomTopics(store, random, maxRuns);
        for (var step = 0; step < 40; step++)
        {
            topics.Step();
            var (name, model) = topics.Models.ElementAt(random.Next(topics.Models.Count));
            CheckPlaces(store.Reader(name), model, random);
            CheckRead(store.Reader(name), model, random);
        }

        foreach (var (name, model) in topics.Models)
        {
            CheckAll(store.Reader(name), model);
            CheckSummary(store, name, model);
        }
    });

    private static void CheckPlaces(ITopicReader reader, TopicModel model, Random random)
    {
        Assert.Equal(new TopicBounds(new LogOffset(model.Start), new LogOffset(model.Limit)), reader.Bounds);
        var time = 990 + random.Next((int)(model.LastAppendUnixMs - 980 is > 0 and var span ? span : 30));
        Assert.Equal((time, model.OffsetAtTime(time)), (time, reader.OffsetAtTime(time).Value));
        var expected = RandomTopics.Origins.Select(origin => (origin, model.FlushedPosition(origin))).Where(pair => !pair.Item2.IsNone).OrderBy(pair => pair.origin);
        Assert.Equal(expected, reader.FlushedPositions().Select(static pair => (pair.Key, pair.Value)));
        foreach (var origin in RandomTopics.Origins)
        {
            Assert.Equal(model.FlushedPosition(origin), reader.FlushedPosition(origin));
            var offset = random.NextInt64(model.Limit + 3);
            Assert.Equal((offset, model.PositionBefore(origin, offset)), (offset, reader.PositionBefore(origin, new LogOffset(offset))));
            var held = model.PositionBefore(origin, random.NextInt64(model.Limit + 1));
            var position = random.Next(4) == 0 ? new Position(new Incarnation(1 + random.Next(20)), random.Next(100)) : held;
            Assert.Equal((position, model.OffsetAfter(origin, position)), (position, reader.OffsetAfter(origin, position).Value));
        }
    }

    private static void CheckRead(ITopicReader reader, TopicModel model, Random random)
    {
        var from = random.NextInt64(model.Limit + 2);
        var maxBytes = random.Next(3) == 0 ? random.Next(300) : random.Next(100_000);
        var maxRecords = random.Next(1, 60);
        Assert.Equal(model.Read(from, maxBytes, maxRecords), Read(reader, from, maxBytes, maxRecords));
    }

    private static void CheckAll(ITopicReader reader, TopicModel model) =>
        Assert.Equal(model.Read(0, int.MaxValue, int.MaxValue), Read(reader, 0, int.MaxValue, int.MaxValue));

    private static void CheckSummary(TestSegments store, TopicName name, TopicModel model)
    {
        var summary = TopicListing.List(store.Topics, default, 10).SingleOrDefault(summary => summary.Topic == name);
        Assert.Equal(model.Limit > 0, summary != default);
        if (model.Limit > 0)
        {
            Assert.Equal((model.Start, model.Limit), (summary.Bounds.Start.Value, summary.Bounds.End.Value));
            Assert.Equal(model.FlushedPosition(TestSegments.Home), summary.OwnPosition);
            var held = model.Runs.Where(run => run.End > model.Start).Sum(static run => run.Bodies.Sum(static body => body.Length));
            Assert.InRange(summary.Bytes, held, long.MaxValue);
        }
    }

    private static List<string> Read(ITopicReader reader, long from, int maxBytes, int maxRecords)
    {
        var read = reader.ReadAsync(new LogOffset(from), maxBytes, maxRecords, CancellationToken.None).AsTask();
        Assert.True(read.IsCompleted);
        using var batch = read.GetAwaiter().GetResult();
        return [.. batch.Records.Select(TopicModel.Describe), $"next {batch.Next}"];
    }
}
