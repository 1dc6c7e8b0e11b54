using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace EventMesh.StandIns.Grpc.Tests.StandInOnly;

public sealed class FrameReaderTests
{
    private static readonly byte[][] Payloads = [[1, 2, 3], [], new byte[300], [4], new byte[70_000], [5, 6]];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(4_096)]
    [InlineData(1_000_000)]
    public async Task Read_WhenBodyComesInPieces_YieldsSameMessages(int pieceSize)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var body = Payloads.SelectMany(Frame).ToArray();
        var writing = Task.Run(async () =>
        {
            foreach (var piece in body.Chunk(pieceSize))
            {
                await pipe.Writer.WriteAsync(piece);
            }

            await pipe.Writer.CompleteAsync();
        });

        var messages = await ReadAllAsync(Reader(pipe, null));

        await writing;
        Assert.Equal(Payloads, messages);
    }

    [Fact]
    public async Task FillAsync_WhenBodyEndsInMessage_Fails()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(Reader(PipeOf([.. Frame([1, 2, 3])[..^1]]), null)));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
    }

    [Fact]
    public async Task TryTake_WhenLengthExceedsLimit_FailsOnHeaderAlone()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 11 });
        var reader = Reader(pipe, 10);
        Assert.True(await reader.FillAsync(CancellationToken.None));

        var failure = Assert.Throws<RpcException>(() => reader.TryTake(out _));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task TryTake_WhenLengthIsAtLimit_Succeeds() =>
        Assert.Equal([new byte[10]], await ReadAllAsync(Reader(PipeOf(Frame(new byte[10])), 10)));

    [Fact]
    public async Task TryTake_WhenCompressed_RefusesAsAsked()
    {
        var frame = Frame([1]);
        frame[0] = 1;

        await Assert.ThrowsAsync<NotSupportedException>(() => ReadAllAsync(Reader(PipeOf(frame), null)));
    }

    [Fact]
    public async Task Read_OfRandomBytes_EndsOrFailsCleanly()
    {
        var random = new Random(20);
        for (var round = 0; round < 500; round++)
        {
            var body = new byte[random.Next(40)];
            random.NextBytes(body);
            body.AsSpan(0, Math.Min(4, body.Length)).Clear();

            var end = await Record.ExceptionAsync(() => ReadAllAsync(Reader(PipeOf(body), 100)));

            Assert.True(end is null or RpcException or InvalidDataException or NotSupportedException, $"Round {round}: {end}");
        }
    }

    private static byte[] Frame(byte[] payload)
    {
        var frame = new byte[FrameHeader.Size + payload.Length];
        FrameHeader.Write(frame, payload.Length);
        payload.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    private static Pipe PipeOf(byte[] body)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        pipe.Writer.Write(body);
        pipe.Writer.Complete();
        return pipe;
    }

    private static FrameReader Reader(Pipe pipe, int? limit) => new(pipe.Reader, limit, () => new NotSupportedException("compressed"));

    private static async Task<List<byte[]>> ReadAllAsync(FrameReader reader)
    {
        var messages = new List<byte[]>();
        do
        {
            while (reader.TryTake(out var payload))
            {
                messages.Add(payload.ToArray());
            }
        }
        while (await reader.FillAsync(CancellationToken.None));

        return messages;
    }
}
