using System.Diagnostics.Metrics;
using EventMesh.Hosting.Node;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Meters that a test can make without a host.</summary>
internal sealed class TestMeters : IMeterFactory
{
    public static NodeInstruments Node() => new(new TestMeters());

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
        // Meters hold nothing that outlives a test.
    }
}
