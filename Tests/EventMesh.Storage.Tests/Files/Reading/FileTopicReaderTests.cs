using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Reading;
using EventMesh.Storage.Files.Topics;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Reading;

public sealed class FileTopicReaderTests
{
    private static readonly TopicName Orders = TopicName.Parse("orders");
    private static readonly TopicName Other = TopicName.Parse("other");
    private readonly TestSegments _store = new();
    private readonly ITopicReader _reader;

    public FileTopicReaderTests() => _reader = _store.Reader(Orders);

    [Fact]
    public async Task Read_OfSmallRunsThatLieClose_TakesOneCallOfTheSystem()
    {
        for (var i = 0; i < 50; i++)
        {
            Write(Orders, i, "a");
            Write(Other, i, new string('x', 400));
        }

        var reads = await CountReadsAsync(() => _reader.ReadAsync(LogOffset.Zero, int.MaxValue, 50, default));

        Assert.InRange(Assert.Single(reads).Length, 49 * 400, 50 * 700);
    }

    [Fact]
    public async Task Read_OfRunsThatLieFarApart_ReadsNothingBetweenThem()
    {
        for (var i = 0; i < 5; i++)
        {
            Write(Orders, i, "a");
            Write(Other, i, new string('x', BatchFiller.MaxHoleBytes));
        }

        var reads = await CountReadsAsync(() => _reader.ReadAsync(LogOffset.Zero, int.MaxValue, 50, default));

        Assert.Equal([4L, 4, 4, 4, 4], reads.Select(static read => read.Length));
    }

    [Fact]
    public async Task Read_WhenTheLimitsAreSmall_ReadsNoMoreRunsThanTheyAllow()
    {
        for (var i = 0; i < 20; i++)
        {
            Write(Orders, i, new string('x', 1000));
        }

        var byRecords = await CountReadsAsync(() => _reader.ReadAsync(new LogOffset(3), int.MaxValue, 2, default));
        var byBytes = await CountReadsAsync(() => _reader.ReadAsync(new LogOffset(3), 2500, 100, default));

        Assert.InRange(Assert.Single(byRecords).Length, 2000, 3000);
        Assert.InRange(Assert.Single(byBytes).Length, 2000, 4000);
    }

    [Fact]
    public async Task Read_WhenManyTopicsLieBetween_HoldsLittleMoreThanTheBodies()
    {
        // 500 records over 8 MiB of other topics' records.
        for (var i = 0; i < 500; i++)
        {
            Write(Orders, i, "abc");
            Write(Other, i, new string('x', BatchFiller.MaxHoleBytes - 1000));
            if (i % 50 == 0)
            {
                _store.BeginSegment();
            }
        }

        using var batch = await _reader.ReadAsync(LogOffset.Zero, int.MaxValue, 500, default);

        Assert.Equal(500, batch.Records.Count);
        var distinct = batch.Records.Select(static record => ArrayOf(record.Body)).Distinct().Sum(static array => (long)array.Length);
        Assert.InRange(distinct, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(EventLimits.MaxEventBytes - 1)]
    public async Task Read_OfOneEvent_ReturnsItWhateverTheLimitOfBytes(int size)
    {
        Write(Orders, 0, new string('x', size));
        Write(Orders, 1, "next");

        using var batch = await _reader.ReadAsync(LogOffset.Zero, 0, 10, default);

        Assert.Equal(size, EventBody.Payload(Assert.Single(batch.Records).Body).Length);
        Assert.Equal(1, batch.Next.Value);
    }

    [Fact]
    public async Task Read_OfMoreRecordsThanOneArrayHolds_ReturnsThemAll()
    {
        for (var i = 0; i < 30; i++)
        {
            Write(Orders, i * 100, [.. Enumerable.Range(i * 100, 100).Select(static number => $"{number}")]);
        }

        using var batch = await _reader.ReadAsync(new LogOffset(7), int.MaxValue, int.MaxValue, default);

        Assert.Equal(Enumerable.Range(7, 2993).Select(static number => $"{number}"), batch.Records.Select(Batches.TextOf));
        Assert.Equal("2999", Batches.TextOf(batch.Records[2992]));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Records[2993]);
    }

    [Fact]
    public async Task Read_WhenDisposed_LetsNobodySeeWhatThePoolHandsOut()
    {
        Write(Orders, 0, "a", "b");
        var batch = await _reader.ReadAsync(LogOffset.Zero, 100, 10, default);
        var records = batch.Records;

        batch.Dispose();
        batch.Dispose();

        Assert.Throws<ObjectDisposedException>(() => records.Count);
        Assert.Throws<ObjectDisposedException>(() => records[0]);
        Assert.Throws<ObjectDisposedException>(() => records.Any());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_OfARunThatIsDamaged_ReportsItAndDeliversAGapInItsPlace(bool isSealed)
    {
        Write(Orders, 0, "a", "b");
        var run = Write(Orders, 2, "c", "d", "e");
        Write(Orders, 5, "f");
        _store.Flip(run, segment: 1, at: 4);
        SealIf(isSealed);

        using var all = await _reader.ReadAsync(LogOffset.Zero, 1000, 10, default);
        using var middle = await _reader.ReadAsync(new LogOffset(3), 1000, 10, default);

        Assert.Equal("a b [Corrupt] f", string.Join(' ', all.Records.Select(Batches.TextOf)));
        var gap = GapBody.Decode(all.Records[2].Body.Span);
        Assert.Equal((TestSegments.Home, Batches.At(1, 1), Batches.At(1, 4)), (gap.Origin, gap.From, gap.To));
        Assert.Equal((2L, 5L, Batches.At(1, 4)), (all.Records[2].Offset.Value, all.Records[2].Next.Value, all.Records[2].Position));
        Assert.Equal(Batches.At(1, 2), GapBody.Decode(middle.Records[0].Body.Span).From);
        Assert.Equal([(3L, 5L), (5, 6)], middle.Records.Select(static record => (record.Offset.Value, record.Next.Value)));
        Assert.All(_store.Damage, damage => Assert.Equal((run.Position, (long)run.Length), (damage.Position, damage.Length)));
        Assert.NotEmpty(_store.Damage);
    }

    [Fact]
    public async Task Read_OfARunWhoseChecksumVouchesForNoBatch_DeliversNothingOfIt()
    {
        Write(Orders, 0, "a");
        var bytes = Batches.Of("b", "c").Bytes.ToArray();
        bytes[^3] = 0x7F;
        _store.Add(Orders, Run(1, 2), bytes);
        _store.Flush();
        Write(Orders, 3, "d");

        Assert.Equal("a [Corrupt] d", await _reader.ReadTextAsync());
        Assert.Equal(bytes.Length, Assert.Single(_store.Damage).Length);
    }

    [Fact]
    public async Task Read_OfASegmentThatWasCut_DeliversAGap()
    {
        var run = Write(Orders, 0, "a", "b");
        _store.Segments.All()[0].File.SetLength(run.Position + 2);

        Assert.Equal("[Corrupt]", await _reader.ReadTextAsync());
    }

    [Fact]
    public async Task Read_WhereOffsetsAreMissing_DeliversOneGapForThoseThatFollowEachOther()
    {
        Write(Orders, 2, "a");
        _store.Add(Orders, Run(5, 3) with { Kind = RunKind.Lost, First = Position.None }, []);
        _store.Flush();
        _store.Seal();
        Write(Orders, 10, "b");

        using var batch = await _reader.ReadAsync(LogOffset.Zero, 1000, 10, default);

        Assert.Equal("[Corrupt] a [Corrupt] b", string.Join(' ', batch.Records.Select(Batches.TextOf)));
        Assert.Equal([(0L, 2L), (2, 3), (3, 10), (10, 11)], batch.Records.Select(static record => (record.Offset.Value, record.Next.Value)));
        Assert.All(batch.Records.Where(static record => record.Kind == RecordKind.Gap), static record => Assert.True(record.Origin.IsEmpty && record.Position.IsNone));
        Assert.Empty(_store.Damage);
    }

    [Fact]
    public async Task Read_WhenTheDiskFails_FailsAndMayBeTriedAgain()
    {
        Write(Orders, 0, "a");
        _store.Seal();
        _store.Directory.Plan = static operation => operation.Action == DeviceAction.Read ? DeviceFault.Error : DeviceFault.None;

        var read = await Assert.ThrowsAsync<EventMeshException>(async () => await _reader.ReadAsync(LogOffset.Zero, 1000, 10, default));
        var search = Assert.Throws<EventMeshException>(() => _reader.OffsetAtTime(1));

        Assert.Equal((MeshErrorCode.LogFailed, MeshErrorCode.LogFailed), (read.Code, search.Code));
        _store.Directory.Plan = null;
        Assert.Equal("a", await _reader.ReadTextAsync());
        Assert.Empty(_store.Damage);
    }

    [Fact]
    public async Task Read_WhenASectionIsDamaged_GoesByTheGroups()
    {
        Write(Orders, 0, "a", "b");
        _store.Seal();
        Write(Orders, 2, "c");
        _store.Add(Orders, Run(3, 2) with { Kind = RunKind.Events, Origin = NodeId.Parse("east"), First = Batches.At(7, 3) }, [.. Batches.Of("d", "e").Bytes.Span]);
        _store.Flush();
        _store.Seal();
        var slice = TopicHeads.SlicesOf(_store.Topics.Find(Orders)!)[1];
        _store.FlipSection(slice, slice.Length - 5, 1);
        _store.LetRest(Orders);

        Assert.Equal("a b c d e", await _reader.ReadTextAsync());
        Assert.Equal((Batches.At(1, 2), Batches.At(7, 4)), (_reader.FlushedPosition(TestSegments.Home), _reader.FlushedPosition(NodeId.Parse("east"))));
        Assert.Equal((slice.Position, slice.Length), Assert.Single(_store.Damage.Select(static damage => (damage.Position, damage.Length)).Distinct()));
    }

    [Fact]
    public async Task Read_WhenASectionAndTheDirectoryAreDamaged_GoesByTheGroups()
    {
        Write(Orders, 0, "a");
        _store.Seal();
        var slice = TopicHeads.SlicesOf(_store.Topics.Find(Orders)!)[0];
        _store.FlipSection(slice, 12, 1);
        _store.FlipSection(slice, slice.Length + 2, 1);

        Assert.Equal("a", await _reader.ReadTextAsync());
        Assert.Equal(slice.Position, Assert.Single(_store.Damage.Select(static damage => damage.Position).Distinct()));
    }

    [Fact]
    public async Task Read_WhenTheStoreIsClosed_SaysSo()
    {
        Write(Orders, 0, "a");
        _store.Segments.Close();
        var open = await Assert.ThrowsAsync<EventMeshException>(async () => await _reader.ReadAsync(LogOffset.Zero, 1000, 10, default));

        Assert.Equal(MeshErrorCode.LogClosed, open.Code);
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) ? segment.Array! : [];

    private static RunDescriptor Run(long first, int count) => new()
    {
        Kind = RunKind.Events,
        FirstOffset = first,
        Count = count,
        AppendTimeUnixMs = 100 + first,
        BaseTimeUnixMs = 100 + first,
        First = Batches.At(1, first),
    };

    private RunDescriptor Write(TopicName topic, long first, params string[] payloads)
    {
        _store.Add(topic, Run(first, payloads.Length), Batches.Of(payloads).Bytes.ToArray());
        return _store.Flush()[0];
    }

    private void SealIf(bool isSealed)
    {
        if (isSealed)
        {
            _store.Seal();
        }
    }

    private async Task<List<DeviceOperation>> CountReadsAsync(Func<ValueTask<RecordBatch>> read)
    {
        var reads = new List<DeviceOperation>();
        _store.Directory.Plan = operation =>
        {
            if (operation.Action == DeviceAction.Read)
            {
                reads.Add(operation);
            }

            return DeviceFault.None;
        };
        (await read()).Dispose();
        _store.Directory.Plan = null;
        return reads;
    }
}
