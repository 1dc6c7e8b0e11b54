using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Tools;

/// <summary>What the groups of a segment without a footer say of its topics. Not thread-safe.</summary>
/// <param name="node">Whose store it is.</param>
internal sealed class SurveyedGroups(NodeId node)
{
    // What a tool shows must not depend on bounds that only the node knows.
    private static readonly FileStorageOptions NoBounds = new() { MaxProducersPerTopic = int.MaxValue, ProducerMemory = TimeSpan.FromDays(36_500) };

    private readonly Dictionary<TopicName, Part> _parts = [];

    /// <summary>Adds the runs of a group.</summary>
    /// <param name="file">The segment's file.</param>
    /// <param name="group">The group.</param>
    public void Add(IStoreFile file, in ScannedGroup group)
    {
        foreach (var (topic, run, isSound) in group.Runs)
        {
            if (!_parts.TryGetValue(topic, out var part))
            {
                part = new Part(new HeadTracker(node, NoBounds));
                _parts.Add(topic, part);
            }

            if (run.Kind != RunKind.Head)
            {
                part.Add(run, group.LastNumber);
            }
            else if (isSound && ReadHead(file, run) is { } head)
            {
                part.Take(head);
            }
        }
    }

    /// <summary>Hands everything to the topics.</summary>
    public void AddTo(SegmentTally segment, Func<TopicName, SurveyedTopic> topicOf)
    {
        foreach (var (topic, part) in _parts)
        {
            var head = part.Tracker.Build();
            topicOf(topic).Add(segment, head, part.IsComplete, part.FirstOffset ?? head.Next, part.RecordBytes);
        }
    }

    private static TopicHead? ReadHead(IStoreFile file, in RunDescriptor run)
    {
        var bytes = new byte[run.Length];
        var cursor = new SpanCursor(bytes.AsSpan(0, file.Read(run.Position, bytes)), "head", MeshErrorCode.LogCorrupted);
        try
        {
            return TopicHeadCodec.Read(ref cursor);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            // Then the topic is shown as its records have it.
            return null;
        }
    }

    private sealed class Part(HeadTracker tracker)
    {
        public HeadTracker Tracker { get; } = tracker;

        public bool IsComplete { get; private set; }

        public long? FirstOffset { get; private set; }

        public long RecordBytes { get; private set; }

        public void Add(in RunDescriptor run, long group)
        {
            Tracker.Apply(run, group);
            if (run.Count > 0)
            {
                FirstOffset ??= run.FirstOffset;
                RecordBytes += run.Length;
            }
        }

        public void Take(TopicHead head)
        {
            // Once there are records, they know better than a head that was written for want of one.
            if (FirstOffset is null && !IsComplete)
            {
                Tracker.Take(head);
                IsComplete = true;
            }
        }
    }
}
