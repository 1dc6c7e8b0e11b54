using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.State;

namespace EventMesh.Hosting.Tests.State;

public sealed class StateRecordCodecTests
{
    [Theory]
    [InlineData("set", "k", 0, "value")]
    [InlineData("set", "eventmesh.peer/east", 0, "")]
    [InlineData("keep", "größe", 17, "value")]
    [InlineData("clear", "k", 0, "")]
    [InlineData("fence", "", 0, "")]
    public void Read_OfWhatWasWritten_GivesItBack(string operation, string key, long version, string value)
    {
        var record = new StateRecord(Enum.Parse<StateOperation>(operation, ignoreCase: true), key, version, Encoding.UTF8.GetBytes(value));

        var read = StateRecordCodec.Read(Body(record));

        Assert.Equal((record.Operation, key, version, value), (read.Operation, read.Key, read.Version, Encoding.UTF8.GetString(read.Value.Span)));
    }

    [Fact]
    public void Write_LooksAsTheFormatPageSays()
    {
        var body = Body(new StateRecord(StateOperation.Keep, "k", 5, "v"u8.ToArray()));

        Assert.Equal(
            [new("state.v1", "keep"), new("state.key", "k"), new("state.version", "5")],
            EventBody.Headers(body.Span));
        Assert.Equal("v", Encoding.UTF8.GetString(EventBody.Payload(body).Span));
    }

    [Theory]
    [InlineData(MeshErrorCode.StoreVersionUnknown, "state.v2=set", "state.key=k")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=put", "state.key=k")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=set")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=set", "state.key=k", "state.version=1")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=keep", "state.key=k")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=keep", "state.key=k", "state.version=-1")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=clear", "state.key=k")]
    [InlineData(MeshErrorCode.LogCorrupted, "state.v1=fence", "state.key=k")]
    public void Read_OfAnythingElse_SaysWhatIsWrong(MeshErrorCode code, params string[] headers)
    {
        var batch = new EventBatchBuilder();
        batch.Add("value"u8, [.. headers.Select(static header => new KeyValuePair<string, string>(header.Split('=')[0], header.Split('=')[1]))]);

        var error = Assert.Throws<EventMeshException>(() => StateRecordCodec.Read(Body(batch)));

        Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void IsKey_CountsBytes(int characters, bool expected) => Assert.Equal(expected, StateRecordCodec.IsKey(new string('ö', characters)));

    private static ReadOnlyMemory<byte> Body(StateRecord record)
    {
        var batch = new EventBatchBuilder();
        StateRecordCodec.Write(batch, record);
        return Body(batch);
    }

    private static ReadOnlyMemory<byte> Body(EventBatchBuilder batch)
    {
        var reader = new EventBatchReader(batch.BuildCopy());
        Assert.True(reader.MoveNext());
        return reader.Body.ToArray();
    }
}
