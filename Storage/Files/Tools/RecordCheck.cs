using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Checks that the bytes of a run mean what its kind says: a checksum that fits says only that they are as they were written.</summary>
internal static class RecordCheck
{
    /// <summary>What is wrong with them; null when nothing is.</summary>
    public static string? Check(in RunDescriptor run, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != run.Length)
        {
            return "The file ends before them.";
        }

        try
        {
            return run.Kind switch
            {
                RunKind.Events => CheckEvents(run, bytes),
                RunKind.Gap => CheckGap(run, GapBody.Decode(bytes)),
                _ => null,
            };
        }
        catch (EventMeshException e)
        {
            return e.Message;
        }
    }

    private static string? CheckEvents(in RunDescriptor run, ReadOnlySpan<byte> bytes)
    {
        var cursor = new SpanCursor(bytes, "events");
        for (var i = 0; i < run.Count; i++)
        {
            var time = run.BaseTimeUnixMs + cursor.Signed("time");
            EventBody.Validate(cursor.Bytes(cursor.Length(EventLimits.MaxEventBytes, "body length"), "body"));
            if (time is < 0 or > EventLimits.MaxTimeUnixMs && !run.Origin.IsEmpty)
            {
                return $"The time of event {i} is {time}.";
            }
        }

        return cursor.Remaining == 0 ? null : $"{cursor.Remaining} bytes follow the last of {run.Count} events.";
    }

    private static string? CheckGap(in RunDescriptor run, Gap gap) =>
        gap.To == run.First && gap.Origin == run.Origin ? null : $"The gap is one of '{gap.Origin}' up to {gap.To}, the table says '{run.Origin}' up to {run.First}.";
}
