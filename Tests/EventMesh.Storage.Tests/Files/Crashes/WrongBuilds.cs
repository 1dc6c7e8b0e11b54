using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Stores that break one rule each. A checker that lets one of them pass is none.</summary>
internal static class WrongBuilds
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, StoreBuild> All { get; } = new Dictionary<string, StoreBuild>
    {
        ["PublishesBeforeTheFlush"] = new OnDevice(static device => new LateFlush(device)),
        ["AcknowledgesBeforeTheFlush"] = new EarlyReceipts(),
        ["SkipsTheFlushOfTheDirectory"] = new OnDevice(static device => new NoDirectoryFlush(device)),
        ["SkipsTheFlushOfTheStoreFile"] = new OnDevice(static device => new NoFlushOf(device, StoreFile.Name)),
        ["WritesAFootersTrailerWithItsBody"] = new OnDevice(static device => new FooterAtOnce(device), static (last, next) => IsTrailer(last) && next.Action == DeviceAction.Flush),
        ["CutsAGroupThatWasFlushed"] = new OnDevice(CutLastGroup),
    };

    /// <summary>What an eager recovery does: the last group of the segment that was being written goes, torn or not.</summary>
    private static IStoreDirectory CutLastGroup(IStoreDirectory device)
    {
        if (device.List().LastOrDefault(static file => SegmentFinder.TryParse(file.Name, out _)) is not { Name: not null } last
            || !SegmentFinder.TryParse(last.Name, out var number))
        {
            return device;
        }

        using var file = device.Open(last.Name, writable: true);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        if (SegmentHeader.Read(bytes.AsSpan(0, SegmentHeader.PageBytes), out _) is not { } header
            || FooterReader.ReadTrailer(file, number, header.Generation) is not null)
        {
            return device;
        }

        for (var at = bytes.Length / GroupHeader.Alignment * GroupHeader.Alignment - GroupHeader.Bytes; at >= SegmentHeader.PageBytes; at -= GroupHeader.Alignment)
        {
            if (GroupHeader.TryRead(bytes.AsSpan(at), header, out _))
            {
                file.Write(at, new byte[GroupHeader.Bytes]);
                return device;
            }
        }

        return device;
    }

    private static bool IsTrailer(DeviceOperation operation) => operation is { Action: DeviceAction.Write, Length: FooterTrailer.Bytes };

    private sealed class OnDevice(
        Func<IStoreDirectory, IStoreDirectory> wrap, Func<DeviceOperation, DeviceOperation, bool>? isWeak = null) : StoreBuild
    {
        public override IStoreDirectory Wrap(IStoreDirectory device) => wrap(device);

        public override bool IsWeak(DeviceOperation last, DeviceOperation next) => isWeak?.Invoke(last, next) ?? true;
    }

    /// <summary>Says that a group is flushed as soon as it is written.</summary>
    private sealed class EarlyReceipts : StoreBuild
    {
        public override ITopicWriter Wrap(ITopicWriter writer) => new Writer(writer);

        private sealed class Writer(ITopicWriter writer) : ITopicWriter
        {
            public TopicName Topic => writer.Topic;

            public Term Term => writer.Term;

            public LogOffset NextOffset => writer.NextOffset;

            public Position HeldPosition(NodeId origin) => writer.HeldPosition(origin);

            public async ValueTask<AppendResult> AppendAsync(EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
            {
                var early = durability == Durability.Disk ? Durability.Os : durability;
                return await writer.AppendAsync(events, producer, early, cancellationToken) with { Durability = durability };
            }

            public ValueTask<ReplicateResult> ReplicateAsync(ReplicaBatch batch, CancellationToken cancellationToken) => writer.ReplicateAsync(batch, cancellationToken);

            public ValueTask<ReplicateResult> ReplicateAsync(Gap gap, CancellationToken cancellationToken) => writer.ReplicateAsync(gap, cancellationToken);

            public ValueTask TrimAsync(LogOffset start, CancellationToken cancellationToken) => writer.TrimAsync(start, cancellationToken);

            public ValueTask DeleteAsync(CancellationToken cancellationToken) => writer.DeleteAsync(cancellationToken);

            public ValueTask DisposeAsync() => writer.DisposeAsync();
        }
    }

    private sealed class NoDirectoryFlush(IStoreDirectory device) : DeviceDouble(device)
    {
        public override void Flush()
        {
        }
    }

    private sealed class NoFlushOf(IStoreDirectory device, string name) : DeviceDouble(device)
    {
        protected override IStoreFile Wrap(IStoreFile file, string opened) => opened.StartsWith(name, StringComparison.Ordinal) ? new File(file) : file;

        private sealed class File(IStoreFile file) : FileDouble(file)
        {
            public override void Flush()
            {
            }
        }
    }

    /// <summary>Flushes what was written to a file only when the next thing is written to it.</summary>
    private sealed class LateFlush(IStoreDirectory device) : DeviceDouble(device)
    {
        protected override IStoreFile Wrap(IStoreFile file, string name) => new File(file);

        private sealed class File(IStoreFile file) : FileDouble(file)
        {
            private readonly IStoreFile _file = file;
            private bool _isLate;

            public override void Write(long position, ReadOnlySpan<byte> source)
            {
                if (_isLate)
                {
                    _file.Flush();
                    _isLate = false;
                }

                _file.Write(position, source);
            }

            public override void Flush() => _isLate = true;
        }
    }

    /// <summary>Leaves out the flush between a footer's body and its trailer.</summary>
    private sealed class FooterAtOnce(IStoreDirectory device) : DeviceDouble(device)
    {
        protected override IStoreFile Wrap(IStoreFile file, string name) => SegmentFinder.TryParse(name, out _) || name.StartsWith("spare-", StringComparison.Ordinal) ? new File(file) : file;

        private sealed class File(IStoreFile file) : FileDouble(file)
        {
            private bool _isBody;

            public override void Write(long position, ReadOnlySpan<byte> source)
            {
                _isBody = position >= SegmentHeader.PageBytes && source.Length != FooterTrailer.Bytes && !GroupHeader.MayBegin(source);
                base.Write(position, source);
            }

            public override void Flush()
            {
                if (!_isBody)
                {
                    base.Flush();
                }
            }
        }
    }
}
