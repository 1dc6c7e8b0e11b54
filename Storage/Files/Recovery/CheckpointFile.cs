using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>The <c>checkpoint</c> file: what the footers of sealed segments say of every topic, so that a start need not read them.</summary>
internal static class CheckpointFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "checkpoint";

    private const string Unfinished = Name + ".new";
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Writes a checkpoint that takes the place of the last one; durable when it returns. Topics are looked at one by one, and are not held while the file is written.</summary>
    /// <remarks>
    /// What it says of a topic may be newer than the segments' end, never older, and is flushed: what the later segments say is taken on top of it.
    /// </remarks>
    /// <param name="directory">The store's directory.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="segments">The segments that it covers: all there are up to one, sealed, and their topics know the footers' slices.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="lastFlushed">The last group that is flushed, asked when the topics have been looked at; null for the last one in the segments.</param>
    /// <returns>The file's length; 0 where segments were replaced meanwhile, or a topic is just being forgotten, so that nothing was written.</returns>
    /// <exception cref="IOException">The disk failed or is full; the last checkpoint is as it was.</exception>
    public static long Write(IStoreDirectory directory, Guid store, IReadOnlyList<SegmentFile> segments, TopicTable topics, Func<long>? lastFlushed = null)
    {
        RemoveUnfinished(directory);
        var length = 0L;
        using (var file = directory.Create(Unfinished, 0))
        {
            try
            {
                length = new Writing(file, store, segments).Write(topics, lastFlushed);
            }
            finally
            {
                if (length == 0)
                {
                    directory.Delete(Unfinished);
                }
            }
        }

        if (length > 0)
        {
            directory.Rename(Unfinished, Name);
            directory.Flush();
        }

        return length;
    }

    private static void RemoveUnfinished(IStoreDirectory directory)
    {
        if (directory.List().Any(static file => file.Name == Unfinished))
        {
            directory.Delete(Unfinished);
        }
    }

    private sealed class Writing(IStoreFile file, Guid store, IReadOnlyList<SegmentFile> segments)
    {
        private readonly FieldWriter _body = new();
        private readonly Dictionary<long, uint> _generations = segments.ToDictionary(static segment => segment.Number, static segment => segment.Header.Generation);
        private readonly long _last = segments.Count == 0 ? 0 : segments[^1].Number;
        private long _position = CheckpointHeader.Bytes;
        private uint _crc;
        private uint _topics;

        public long Write(TopicTable topics, Func<long>? lastFlushed)
        {
            foreach (var segment in segments)
            {
                CheckpointCodec.Write(
                    _body, new CoveredSegment(segment.Number, segment.Header.Generation, segment.Header.FirstGroup, Math.Max(0, segment.LastGroup)));
            }

            foreach (var topic in topics.After(default))
            {
                if (!TryWrite(topic))
                {
                    return 0;
                }
            }

            Spill();
            if (_position - CheckpointHeader.Bytes > uint.MaxValue)
            {
                return 0;
            }

            // What was said of the topics may come from groups behind the segments: a start must not take one of those for torn.
            var lastGroup = lastFlushed?.Invoke() ?? (segments.Count == 0 ? 0 : segments[^1].LastGroup);
            Span<byte> header = stackalloc byte[CheckpointHeader.Bytes];
            new CheckpointHeader(
                store, _last, _topics, (uint)(_position - CheckpointHeader.Bytes), _crc, (uint)segments.Count, lastGroup).Write(header);
            file.Write(0, header);
            file.Flush();
            return _position;
        }

        /// <summary>False when a slice is in a segment that has been replaced since the segments were listed, and when it cannot be told whether the topic still counts.</summary>
        private bool TryWrite(TopicLog topic)
        {
            DirectoryEntry entry;
            SegmentSlice[] slices;
            lock (topic.Gate)
            {
                entry = new DirectoryEntry(topic.Name, default, topic.Start, topic.Limit, topic.LastAppendUnixMs, topic.DeletedAtUnixMs, topic.Own);
                slices = topic.Slices;
                if (topic.IsForgotten)
                {
                    return false;
                }
            }

            var count = slices.Length;
            while (count > 0 && slices[count - 1].Segment > _last)
            {
                count--;
            }

            if (count == 0 && entry.Next == 0)
            {
                return true;
            }

            // One without slices counts too: its numbering may be all that damage has left of it.
            _topics++;
            CheckpointCodec.Write(_body, entry, count);
            foreach (var slice in slices.AsSpan(0, count))
            {
                if (!_generations.TryGetValue(slice.Segment, out var generation) || generation != slice.Generation)
                {
                    return false;
                }

                CheckpointCodec.Write(_body, slice);
            }

            if (_body.Length >= ChunkBytes)
            {
                Spill();
            }

            return true;
        }

        private void Spill()
        {
            _crc = Crc32C.Compute(_body.Written, _crc);
            file.Write(_position, _body.Written);
            _position += _body.Length;
            _body.Clear();
        }
    }
}
