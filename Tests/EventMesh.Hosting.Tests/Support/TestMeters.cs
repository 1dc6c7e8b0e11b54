using System.Diagnostics.Metrics;
using EventMesh.Hosting.Node;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Meters that a test can make without a host.</summary>
internal sealed class TestMeters : IMeterFactory
{
    public static NodeInstruments Node() => new(new TestMeters());

    /// <summary>A meter whose scope is this, so that a listener can tell it from those of other tests.</summary>
    public Meter Create(MeterOptions options) => new(options.Name, options.Version, options.Tags, scope: this);

    public void Dispose()
    {
        // Meters hold nothing that outlives a test.
    }
}
