using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>What the topics count as they change is what counting everything anew would find.</summary>
public sealed class SegmentUsageTests
{
    [Fact]
    public async Task Usages_WhateverHappens_AreWhatCountingAnewFinds()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var (harness, rewritten) = (new FileLogHarness(RetentionScript.Options, seed), 0);
            var script = new RetentionScript(harness, seed);
            for (var round = 0; round < 40; round++)
            {
                await script.StepAsync();
                if (round % 10 == 9)
                {
                    await script.TrimMostAsync();
                }

                harness.Run();
                Check(harness, seed, round);
                if (round % 3 == 0)
                {
                    harness.Clean();
                    rewritten += harness.Files.Store.Segments.All().Count(static segment => segment.Header.IsRewritten);
                    Check(harness, seed, round);
                }

                if (round % 15 == 14)
                {
                    await harness.PowerFailAsync();
                    Check(harness, seed, round);
                }
            }

            Assert.True(rewritten > 0, $"seed {seed}");
            await harness.DisposeAsync();
        }
    }

    private static void Check(FileLogHarness harness, int seed, int round)
    {
        var store = harness.Files.Store;
        foreach (var segment in store.Segments.All().Where(static segment => segment.IsSealed))
        {
            var trailer = FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation)!.Value;
            var (bytes, topics, heads) = (0L, 0, 0);
            foreach (var entry in FooterReader.ReadDirectory(segment.File, trailer)!)
            {
                var topic = store.Topics.Find(entry.Topic)!;
                var (first, end) = (entry.Slice.FirstOffset, topic.EndIn(segment.Number));
                if (end > Math.Max(first, topic.Start))
                {
                    topics++;
                    bytes += entry.Slice.RecordBytes * (end - Math.Max(first, topic.Start)) / (end - first);
                }

                heads += IsLast(topic, segment.Number) ? 1 : 0;
            }

            var usage = store.Topics.Usages.Of(segment);
            Assert.Equal(
                (seed, round, segment.Name, topics, bytes, heads), (seed, round, segment.Name, usage.LiveTopics, usage.LiveBytes, usage.Heads));
        }
    }

    private static bool IsLast(TopicLog topic, long number) =>
        topic.Slices[^1].Segment == number && !(topic.Open.Length > 0 && topic.Open[0].Head is not null);
}
