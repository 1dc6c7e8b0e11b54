using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Memory;

/// <summary>A topic's producers as handed over, and as flushed: what is lost unflushed is forgotten again. Guarded by the topic's gate.</summary>
internal sealed class ProducerLog(MemoryStorageOptions options)
{
    private readonly ProducerTable _flushed = new(options.MaxProducersPerTopic, options.ProducerMemory);
    private readonly List<(ProducerId Producer, ProducerBatch Batch, long TimeUnixMs)> _unflushed = [];
    private ProducerTable _handedOver = new(options.MaxProducersPerTopic, options.ProducerMemory);

    /// <summary>See <see cref="ProducerTable.Decide"/>.</summary>
    public ProducerBatch? Decide(ProducerStamp stamp, int count, long nowUnixMs) => _handedOver.Decide(stamp, count, nowUnixMs);

    public void Observe(ProducerId producer, in ProducerBatch batch, long timeUnixMs)
    {
        _handedOver.Observe(producer, batch, timeUnixMs);
        _unflushed.Add((producer, batch, timeUnixMs));
    }

    public void Flush()
    {
        foreach (var (producer, batch, timeUnixMs) in _unflushed)
        {
            _flushed.Observe(producer, batch, timeUnixMs);
        }

        _unflushed.Clear();
    }

    public void LoseUnflushed()
    {
        _unflushed.Clear();
        _handedOver = ProducerTable.From(_flushed.ToHeads(), options.MaxProducersPerTopic, options.ProducerMemory);
    }
}
