using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files;

/// <summary>The contract over the store on files.</summary>
public sealed class FileEventLogTests : EventLogContract
{
    protected override EventLogHarness Create(EventLogLimits limits) => new FileLogHarness(limits, seed: 1);
}
