using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Reading;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Retention;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files;

/// <summary>A node's logs in a directory of the machine: one journal that all topics share, flushed in groups. For one silo.</summary>
/// <remarks>
/// What was acknowledged at <see cref="Durability.Disk"/> survives the process and the machine. The format is in <c>docs/formats/journal.md</c>; who does what on which thread
/// is said at <see cref="Journal.Journal"/>.
/// </remarks>
internal sealed class FileEventLog : IEventLog
{
    private readonly FlushListeners _listeners;
    private readonly List<TopicAdvance> _advances = [];
    private readonly IDisposable _lock;
    private readonly IStoreDirectory _directory;
    private readonly RecoveredStore _store;
    private readonly DamageReport _damage;
    private readonly SpareSegments _spares;
    private readonly SegmentSealer _sealer;
    private readonly CheckpointKeeper _checkpoints;
    private readonly SectionCache _sections;
    private readonly ReadSources _sources;
    private readonly FileLogServices _services;
    private long _flushVersion;
    private int _isDisposed;

    private FileEventLog(
        IDisposable directoryLock, IStoreDirectory directory, RecoveredStore store, DamageReport damage, FileStorageOptions options, FileLogServices services)
    {
        (_lock, _directory, _store, _damage, _services) = (directoryLock, directory, store, damage, services);
        _listeners = new FlushListeners(services.Logger);
        _sections = new SectionCache(options.IndexCacheBytes);
        _sources = new ReadSources(store.Topics, store.Segments, _sections, store.Identity.Node, damage);
        var heads = new TopicHeads(store.Identity.Node, options, store.Segments, _sections);
        _sections.Rebuild = new SectionRebuilder(store.Identity.Node, options, store.Topics, heads, damage).Rebuild;
        _spares = new SpareSegments(directory, options, services.Time, services.Background, services.Logger);
        _sealer = new SegmentSealer(store.Identity.Node, options, services, store.Topics, heads);
        Journal = new Journal.Journal(store, options, services, _spares, _sealer, heads) { OnFlushed = OnFlushed };
        _checkpoints = new CheckpointKeeper(directory, store, services);
        _spares.OnGivenUp = store.Store.NoteDropped;
        _sealer.OnSealed = (segment, topics) =>
        {
            Journal.LetRest(topics);
            _checkpoints.OnSealed(segment);
        };
        var cut = new RetentionCut(store.Segments, _sections, (topic, time) => GetReader(topic.Name).OffsetAtTime(time));
        Retention = new RetentionSweeper(new RetentionSources(directory, options, services, store, _sections, _spares, Journal, damage), cut)
        {
            OnRewritten = _checkpoints.OnRewritten,
            OnForgetting = _checkpoints.Remove,
        };
    }

    /// <inheritdoc/>
    public NodeIdentity Identity => _store.Identity;

    /// <inheritdoc/>
    public long CurrentTimeUnixMs => Journal.ReadTime();

    /// <inheritdoc/>
    public long FlushVersion => Volatile.Read(ref _flushVersion);

    /// <inheritdoc/>
    public LogHealth Health
    {
        get
        {
            var (status, reason) = Journal.Status;
            return new LogHealth(status, reason, _damage.Count, _directory.Location);
        }
    }

    internal Journal.Journal Journal { get; }

    internal RetentionSweeper Retention { get; }

    internal RecoveredStore Store => _store;

    /// <summary>Opens the store in <paramref name="directory"/>, or makes one: recovers what the last life left, and begins a new incarnation.</summary>
    /// <param name="directory">Where; nobody else may have it open.</param>
    /// <param name="options">Checked already.</param>
    /// <param name="node">Whose store it is.</param>
    /// <param name="heardOf">The greatest incarnation of this node that others know; the new one is greater.</param>
    /// <param name="services">What it takes from outside.</param>
    /// <exception cref="EventMeshException"><c>StoreLocked</c>, <c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>, <c>LogCorrupted</c>, or <c>LogFailed</c> when the disk does.</exception>
    public static FileEventLog Open(
        IStoreDirectory directory, FileStorageOptions options, NodeId node, Incarnation heardOf, FileLogServices services)
    {
        var directoryLock = directory.Lock();
        try
        {
            var damage = new DamageReport(directory, services.Time, services.Logger);
            var store = StoreRecovery.Open(directory, options, node, heardOf, services, damage);
            var log = new FileEventLog(directoryLock, directory, store, damage, options, services);
            log._spares.Open();
            log._checkpoints.Begin();
            return log;
        }
        catch (IOException e)
        {
            directoryLock.Dispose();
            throw new EventMeshException(MeshErrorCode.LogFailed, $"The store in {directory.Location} cannot be opened: {e.Message}", e);
        }
        catch (EventMeshException)
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ITopicWriter> OpenWriterAsync(TopicName topic, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ITopicWriter>(cancellationToken);
        }

        try
        {
            return new(Journal.OpenWriter(topic));
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<ITopicWriter>(e);
        }
        catch (IOException e)
        {
            return ValueTask.FromException<ITopicWriter>(
                new EventMeshException(MeshErrorCode.LogFailed, $"The head of topic '{topic}' cannot be read: {e.Message}", e));
        }
    }

    /// <inheritdoc/>
    public ITopicReader GetReader(TopicName topic) => new FileTopicReader(_sources, topic);

    /// <inheritdoc/>
    public IReadOnlyList<TopicSummary> ListTopics(TopicName after, int limit) => TopicListing.List(_store.Topics, after, limit);

    /// <summary>Lets retention look now, on this thread; what it trims is gone with the next flush.</summary>
    public void Sweep() => Retention.Sweep();

    /// <inheritdoc/>
    public IDisposable Subscribe(IFlushListener listener) => _listeners.Add(listener);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Retention.Dispose();
            Journal.Close();
            _sealer.Dispose();
            _checkpoints.Write();
            _checkpoints.Dispose();
            _spares.Dispose();
            _store.Segments.Close();
            _store.Store.Dispose();
            _lock.Dispose();
            _services.OnClosed();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Counts a flush and tells listeners its topics' new read limits. On the writing thread.</summary>
    private void OnFlushed(IReadOnlyList<TopicLog> topics)
    {
        Volatile.Write(ref _flushVersion, _flushVersion + 1);
        if (_listeners.IsEmpty)
        {
            return;
        }

        _advances.Clear();
        foreach (var topic in topics)
        {
            lock (topic.Gate)
            {
                _advances.Add(new TopicAdvance(topic.Name, new LogOffset(topic.Limit)));
            }
        }

        _listeners.Tell(CollectionsMarshal.AsSpan(_advances));
    }
}
