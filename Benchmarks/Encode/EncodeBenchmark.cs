using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Core.Events;

namespace EventMesh.Benchmarks.Encode;

/// <summary>Packing events into batches and walking them, against copying the payloads.</summary>
internal sealed class EncodeBenchmark : IBenchmark
{
    private const int BatchEvents = 256;
    private const string Copy = "control: copy the payloads";

    private static readonly KeyValuePair<string, string>[] Headers =
        [new("content-type", "application/json"), new("trace-parent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")];

    public string Name => "encode";

    public string Summary => $"batches of {BatchEvents} events of {Payloads.Bytes} bytes: build, check and walk, against copying the payloads";

    public ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken) => new(
    [
        CopyCase(),
        BuildCase("build, no headers", []),
        BuildCase("build, 2 headers", Headers),
        ReadCase("walk payloads, no headers", [], static batch => CountBytes(batch)),
        ReadCase("walk payloads, 2 headers", Headers, static batch => CountBytes(batch)),
        ReadCase("check a batch from outside, 2 headers", Headers, static batch =>
        {
            EventBatchReader.Validate(batch);
            return batch.Count;
        }),
    ]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Case CopyCase()
    {
        var buffer = new byte[BatchEvents * Payloads.Bytes];
        return new Case(Copy, "events/s", (duration, _) => Loop.Run(duration, () =>
        {
            var payload = Payloads.Standard.Span;
            for (var i = 0; i < BatchEvents; i++)
            {
                payload.CopyTo(buffer.AsSpan(i * Payloads.Bytes));
            }

            return BatchEvents;
        }));
    }

    private static Case BuildCase(string load, KeyValuePair<string, string>[] headers)
    {
        var builder = new EventBatchBuilder(BatchEvents * 512);
        return new Case(load, "events/s", (duration, _) => Loop.Run(duration, () => Fill(builder, headers).Count), Copy);
    }

    private static Case ReadCase(string load, KeyValuePair<string, string>[] headers, Func<EventBatch, long> read)
    {
        var batch = Fill(new EventBatchBuilder(), headers);
        var sum = 0L;
        return new Case(load, "events/s", (duration, _) => Loop.Run(duration, () =>
        {
            sum += read(batch);
            return batch.Count;
        }), Copy);
    }

    private static EventBatch Fill(EventBatchBuilder builder, KeyValuePair<string, string>[] headers)
    {
        builder.Reset();
        for (var i = 0; i < BatchEvents; i++)
        {
            builder.Add(Payloads.Standard.Span, headers);
        }

        return builder.Build();
    }

    private static long CountBytes(EventBatch batch)
    {
        var bytes = 0L;
        var reader = new EventBatchReader(batch);
        while (reader.MoveNext())
        {
            bytes += EventBody.Payload(reader.Body).Length;
        }

        return bytes;
    }
}
