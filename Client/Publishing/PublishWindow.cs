using System.Diagnostics.CodeAnalysis;
using EventMesh.Core.Errors;

namespace EventMesh.Client.Publishing;

/// <summary>Lets publishes in by count and bytes, strictly first come first served, so that waiting never changes their order. Not thread-safe.</summary>
internal sealed class PublishWindow(MeshClientOptions options)
{
    private readonly Queue<PendingPublish> _waiting = new();
    private int _events;
    private long _bytes;

    public bool IsEmpty => _events == 0 && _waiting.Count == 0;

    /// <summary>True when the publish is in; false when it waits and <see cref="TryAdmit"/> will bring it.</summary>
    /// <exception cref="EventMeshException"><c>Busy</c>: too many wait.</exception>
    public bool TryEnter(PendingPublish publish)
    {
        if (_waiting.Count == 0 && Fits(publish))
        {
            Take(publish);
            return true;
        }

        if (_waiting.Count >= options.MaxWaitingPublishes)
        {
            throw new EventMeshException(
                MeshErrorCode.Busy,
                $"{_events} publishes are under way and {_waiting.Count} wait ({nameof(MeshClientOptions.MaxWaitingPublishes)}): await receipts before publishing more.");
        }

        _waiting.Enqueue(publish);
        return false;
    }

    /// <summary>Gives back the room of publishes that are answered.</summary>
    public void Leave(int events, long bytes)
    {
        _events -= events;
        _bytes -= bytes;
    }

    /// <summary>The next publish that waited and fits now.</summary>
    public bool TryAdmit([NotNullWhen(true)] out PendingPublish? publish)
    {
        if (!_waiting.TryPeek(out publish) || !Fits(publish))
        {
            return false;
        }

        Take(_waiting.Dequeue());
        return true;
    }

    /// <summary>Takes out all that wait.</summary>
    public List<PendingPublish> DrainWaiting()
    {
        var all = _waiting.ToList();
        _waiting.Clear();
        return all;
    }

    private bool Fits(PendingPublish publish) =>
        _events == 0 || (_events < options.MaxPendingEvents && _bytes + publish.Bytes <= options.MaxPendingBytes);

    private void Take(PendingPublish publish)
    {
        _events++;
        _bytes += publish.Bytes;
    }
}
