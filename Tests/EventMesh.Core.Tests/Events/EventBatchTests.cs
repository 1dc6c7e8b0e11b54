using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests.Events;

public sealed class EventBatchTests
{
    private static MeshErrorCode CodeOf(EventBatch batch) => Assert.Throws<EventMeshException>(() => EventBatchReader.Validate(batch)).Code;

    private static EventBatch Of(params byte[][] payloads)
    {
        var builder = new EventBatchBuilder { BaseTimeUnixMs = 1_000_000 };
        foreach (var payload in payloads)
        {
            builder.Add(payload);
        }

        return builder.Build();
    }

    [Fact]
    public void RoundTrip_ForAnyPayloadsAndTimes() => Prop.ForAll(
        Gen.Choose(-1_000_000, int.MaxValue).Zip(Gen.Choose(0, 255).Select(static value => (byte)value).ArrayOf()).NonEmptyListOf().ToArbitrary(),
        events =>
        {
            var builder = new EventBatchBuilder { BaseTimeUnixMs = 1_000_000 };
            foreach (var (time, payload) in events)
            {
                builder.AddEncoded([0, .. payload], 1_000_000L + time);
            }

            var batch = builder.Build();
            EventBatchReader.Validate(batch);
            var reader = new EventBatchReader(batch);
            foreach (var (time, payload) in events)
            {
                if (!reader.MoveNext() || reader.TimeUnixMs != 1_000_000L + time || !reader.Body.Span[1..].SequenceEqual(payload))
                {
                    return false;
                }
            }

            return !reader.MoveNext() && reader.Read == events.Count;
        }).Holds();

    [Fact]
    public void BuildCopy_OutlivesTheBuildersNextBatch()
    {
        var builder = new EventBatchBuilder();
        builder.Add([1, 2]);
        var copy = builder.BuildCopy();
        builder.Reset();
        builder.Add([9, 9]);

        var reader = new EventBatchReader(copy);

        Assert.True(reader.MoveNext());
        Assert.Equal([0, 1, 2], reader.Body.ToArray());
        Assert.Equal(1, builder.Count);
    }

    [Fact]
    public void Add_BeyondTheLimitOfBytes_IsRefusedAndAddsNothing()
    {
        var builder = new EventBatchBuilder();
        var payload = new byte[EventLimits.MaxEventBytes - 1];
        for (var i = 0; i < 3; i++)
        {
            builder.Add(payload);
        }

        var bytes = builder.Bytes;
        var error = Assert.Throws<EventMeshException>(() => builder.Add(payload));

        Assert.Equal((MeshErrorCode.InvalidBatchSize, 3, bytes), (error.Code, builder.Count, builder.Bytes));
    }

    [Fact]
    public void Add_BeyondTheLimitOfEvents_IsRefused()
    {
        var builder = new EventBatchBuilder();
        for (var i = 0; i < EventLimits.MaxBatchEvents; i++)
        {
            builder.Add([]);
        }

        EventBatchReader.Validate(builder.Build());
        Assert.Equal(MeshErrorCode.InvalidBatchSize, Assert.Throws<EventMeshException>(() => builder.Add([])).Code);
    }

    [Fact]
    public void Validate_WhenTheCountIsWrong_IsANumberedError()
    {
        var batch = Of([1], [2]);

        Assert.Equal(MeshErrorCode.InvalidBatchSize, CodeOf(batch with { Count = 0 }));
        Assert.Equal(MeshErrorCode.InvalidBatchSize, CodeOf(batch with { Count = -1 }));
        Assert.Equal(MeshErrorCode.InvalidBatchSize, CodeOf(batch with { Count = EventLimits.MaxBatchEvents + 1 }));
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(batch with { Count = 1 }));
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(batch with { Count = 3 }));
    }

    [Fact]
    public void Validate_WhenATimeIsOutsideTheCalendar_IsANumberedError()
    {
        var batch = Of([1]);

        EventBatchReader.Validate(batch with { BaseTimeUnixMs = EventLimits.MaxTimeUnixMs });
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(batch with { BaseTimeUnixMs = EventLimits.MaxTimeUnixMs + 1 }));
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(batch with { BaseTimeUnixMs = -1 }));
        Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(batch with { BaseTimeUnixMs = long.MinValue }));
    }

    [Fact]
    public void Validate_WhenAnyByteIsChangedOrCutOff_TakesOrThrowsANumberedError()
    {
        var whole = Of([1, 2, 3], [], [4]).Bytes.ToArray();
        for (var at = 0; at < whole.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var damaged = whole.ToArray();
                damaged[at] = (byte)value;
                AssertTakenOrRefused(new EventBatch(3, 0, damaged));
            }

            Assert.Equal(MeshErrorCode.MalformedEvent, CodeOf(new EventBatch(3, 0, whole.AsMemory(0, at))));
        }

        static void AssertTakenOrRefused(EventBatch batch)
        {
            try
            {
                EventBatchReader.Validate(batch);
            }
            catch (EventMeshException e)
            {
                Assert.True(e.Code is MeshErrorCode.MalformedEvent or MeshErrorCode.InvalidHeaders or MeshErrorCode.EventTooLarge, e.Message);
            }
        }
    }
}
