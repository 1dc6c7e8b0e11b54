using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>The store that retention works on.</summary>
/// <param name="Directory">Where its files are.</param>
/// <param name="Options">Its options.</param>
/// <param name="Services">What it takes from outside.</param>
/// <param name="Store">Its segments and topics.</param>
/// <param name="Sections">What sealed segments say of their topics.</param>
/// <param name="Spares">Take the room of segments back.</param>
/// <param name="Journal">Writes trims and heads.</param>
/// <param name="Damage">Hears of bytes that do not check out.</param>
internal sealed record RetentionSources(
    IStoreDirectory Directory,
    FileStorageOptions Options,
    FileLogServices Services,
    RecoveredStore Store,
    SectionCache Sections,
    SpareSegments Spares,
    Journal.Journal Journal,
    IDamageSink Damage)
{
    /// <summary>The topics.</summary>
    public TopicTable Topics => Store.Topics;

    /// <summary>The segments of the journal.</summary>
    public SegmentSet Segments => Store.Segments;
}
