using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads a checkpoint piece by piece: first its checksum, then what it says. Takes no more memory than what it says is worth.</summary>
internal sealed class CheckpointReader
{
    private readonly FileWindow _window;
    private readonly CheckpointHeader _header;
    private readonly Dictionary<long, uint> _generations = [];
    private readonly List<CoveredSegment> _segments = [];
    private long _position = CheckpointHeader.Bytes;

    private CheckpointReader(FileWindow window, CheckpointHeader header) => (_window, _header) = (window, header);

    /// <summary>Reads the checkpoint of store <paramref name="store"/> into <paramref name="topics"/>, which is empty; null, and nothing read, when it is damaged or another store's.</summary>
    /// <remarks>Only a checksum that fits bytes which mean nothing leaves something in <paramref name="topics"/>: forget it then.</remarks>
    /// <exception cref="IOException">The disk failed.</exception>
    public static CheckpointContent? Read(IStoreFile file, Guid store, TopicCollector topics)
    {
        var window = new FileWindow(file, long.MaxValue);
        if (!CheckpointHeader.TryRead(window.Get(0, CheckpointHeader.Bytes), out var header)
            || header.Store != store
            || header.BodyBytes + (long)CheckpointHeader.Bytes != window.End
            || header.Segments > header.BodyBytes / CheckpointCodec.MinSegmentBytes
            || header.Topics > header.BodyBytes / CheckpointCodec.MinTopicBytes
            || Checksum(window) != header.BodyCrc)
        {
            return null;
        }

        try
        {
            var reader = new CheckpointReader(window, header);
            reader.ReadSegments();
            reader.ReadTopics(topics);
            return new CheckpointContent(header.LastSegment, header.LastGroup, window.End, reader._segments);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            // A checksum that fits bytes which mean nothing is no better than one that does not fit.
            return null;
        }
    }

    private static uint Checksum(FileWindow window)
    {
        var crc = 0u;
        for (long at = CheckpointHeader.Bytes; window.GetSome(at) is { IsEmpty: false } bytes; at += bytes.Length)
        {
            crc = Crc32C.Compute(bytes, crc);
        }

        return crc;
    }

    private void ReadSegments()
    {
        for (var i = 0; i < _header.Segments; i++)
        {
            var cursor = Cursor();
            var segment = CheckpointCodec.ReadSegment(ref cursor);
            if (segment.Number > _header.LastSegment || (_segments.Count > 0 && _segments[^1].Number >= segment.Number))
            {
                throw cursor.Malformed("segment", $"{segment.Number} is out of its order");
            }

            _segments.Add(segment);
            _generations[segment.Number] = segment.Generation;
            _position += cursor.Offset;
        }
    }

    private void ReadTopics(TopicCollector topics)
    {
        TopicName last = default;
        topics.Expect((int)_header.Topics);
        for (var i = 0; i < _header.Topics; i++)
        {
            var cursor = Cursor();
            var entry = CheckpointCodec.ReadTopic(ref cursor, _window.End - _position, out var count);
            if (last.CompareTo(entry.Topic) >= 0)
            {
                throw cursor.Malformed("topic", $"'{entry.Topic}' is out of its order");
            }

            last = entry.Topic;
            _position += cursor.Offset;
            topics.Add(entry, ReadSlices(count));
        }

        if (_position != _window.End)
        {
            throw Cursor().Malformed("body", "goes on behind its last topic");
        }
    }

    private SegmentSlice[] ReadSlices(int count)
    {
        var slices = new SegmentSlice[count];
        for (var i = 0; i < count; i++)
        {
            var cursor = Cursor();
            var slice = CheckpointCodec.ReadSlice(ref cursor);
            if (!_generations.TryGetValue(slice.Segment, out var generation) || (i > 0 && slices[i - 1].Segment >= slice.Segment))
            {
                throw cursor.Malformed("slice", $"is in segment {slice.Segment}, which is out of order or not covered");
            }

            slices[i] = slice with { Generation = generation };
            _position += cursor.Offset;
        }

        return slices;
    }

    private SpanCursor Cursor() => new(_window.Get(_position, CheckpointCodec.MaxElementBytes), "checkpoint", MeshErrorCode.LogCorrupted);
}
