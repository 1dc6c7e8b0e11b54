// Which silo hosts which grain classes.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Immutable;

using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Safe to use from any thread.</summary>
    public interface IClusterManifestProvider
    {
        ClusterManifest Current { get; }

        GrainManifest LocalGrainManifest { get; }

        /// <summary>The current manifest, then every newer one; a reader that is slow may miss some, never the last.</summary>
        IAsyncEnumerable<ClusterManifest> Updates { get; }
    }
}

namespace Orleans.Metadata
{
    [GenerateSerializer, Immutable]
    public sealed class ClusterManifest(
        MajorMinorVersion version,
        ImmutableDictionary<SiloAddress, GrainManifest> silos,
        ImmutableArray<GrainManifest> allGrainManifests)
    {
        public ClusterManifest(MajorMinorVersion version, ImmutableDictionary<SiloAddress, GrainManifest> silos)
            : this(version, silos, [.. (silos ?? throw new ArgumentNullException(nameof(silos))).Values])
        {
        }

        public MajorMinorVersion Version { get; } = version;

        public ImmutableDictionary<SiloAddress, GrainManifest> Silos { get; } = silos;

        public ImmutableArray<GrainManifest> AllGrainManifests { get; } = allGrainManifests;
    }

    [GenerateSerializer, Immutable]
    public sealed class GrainManifest(
        ImmutableDictionary<GrainType, GrainProperties> grains,
        ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties> interfaces)
    {
        public ImmutableDictionary<GrainType, GrainProperties> Grains { get; } = grains;

        public ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties> Interfaces { get; } = interfaces;
    }

    [GenerateSerializer, Immutable]
    public sealed class GrainProperties(ImmutableDictionary<string, string> values)
    {
        public ImmutableDictionary<string, string> Properties { get; } = values;
    }

    [GenerateSerializer, Immutable]
    public sealed class GrainInterfaceProperties(ImmutableDictionary<string, string> values)
    {
        public ImmutableDictionary<string, string> Properties { get; } = values;
    }
}
