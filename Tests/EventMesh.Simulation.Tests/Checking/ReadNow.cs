using EventMesh.Core.Identity;
using EventMesh.Storage;

namespace EventMesh.Simulation.Tests.Checking;

/// <summary>Reading without waiting, which a log in memory allows.</summary>
internal static class ReadNow
{
    public static RecordBatch Now(this ITopicReader reader, LogOffset from)
    {
        var read = reader.ReadAsync(from, int.MaxValue, int.MaxValue, CancellationToken.None);
        return read.IsCompletedSuccessfully ? read.Result : throw new InvalidOperationException("The log made a checker wait.");
    }
}
