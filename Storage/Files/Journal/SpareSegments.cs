using System.Globalization;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Journal;

/// <summary>Keeps segments ready whose room on the disk is taken and filled with zeros, so that the journal neither waits for the disk nor finds it full. Thread-safe.</summary>
/// <remarks>
/// It makes them one by one in the background, from nothing or from segments that are no longer wanted. When that fails, for want of room or
/// otherwise, it says why in <see cref="Blocked"/> and tries again every second, and at once when a segment comes back.
/// </remarks>
internal sealed partial class SpareSegments : IDisposable
{
    private const string Prefix = "spare-";
    private const string Suffix = ".segment";
    private const string Unfinished = ".new";
    private const int ZeroBytes = 64 * 1024;
    private const int WriteBytes = 1024 * 1024;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly IStoreDirectory _directory;
    private readonly FileStorageOptions _options;
    private readonly IWorkScheduler _background;
    private readonly ILogger _logger;
    private readonly ITimer _retry;
    private readonly Action _fill;
    private readonly Lock _gate = new();

    // Held while a segment is made, so that closing can wait until nothing is written any more: the directory may be another's then.
    private readonly Lock _making = new();
    private readonly Queue<Spare> _ready = new();
    private long _lastNumber;
    private bool _isFilling;
    private volatile bool _isClosed;
    private string? _blocked;

    /// <summary>Creates it; <see cref="Open"/> begins. Options, directory and schedulers are the store's.</summary>
    public SpareSegments(IStoreDirectory directory, FileStorageOptions options, TimeProvider time, IWorkScheduler background, ILogger logger)
    {
        (_directory, _options, _background, _logger) = (directory, options, background, logger);
        _fill = Fill;
        _retry = time.CreateTimer(static state => ((SpareSegments)state!).FillIfWanted(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised, on any thread and under no lock that taking a segment needs, when a segment has become ready, and when <see cref="Blocked"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>Told of the number of a segment that is given up, before its file is another one's or gone; may throw <see cref="IOException"/>.</summary>
    public Action<long> OnGivenUp { get; set; } = static _ => { };

    /// <summary>Segments that can be taken.</summary>
    public int Ready
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>Bytes of the segments that can be taken.</summary>
    public long AllocatedBytes => (long)Ready * _options.SegmentBytes;

    /// <summary>Why no more segments become ready until it works again; null while all is well.</summary>
    public string? Blocked
    {
        get
        {
            lock (_gate)
            {
                return _blocked;
            }
        }
    }

    /// <summary>Whether a file is room that was taken ahead, by its name.</summary>
    public static bool IsSpare(string name) => TryParse(name, out _);

    /// <summary>Finds the spares of the last life, removes what cannot be used, and makes one if there is none: not filled, so that a new store starts at once.</summary>
    public void Open()
    {
        foreach (var file in _directory.List())
        {
            if (file.Name.EndsWith(Unfinished, StringComparison.Ordinal) && TryParse(file.Name[..^Unfinished.Length], out _))
            {
                _directory.Delete(file.Name);
            }
            else if (TryParse(file.Name, out var number))
            {
                _lastNumber = Math.Max(_lastNumber, number);
                Adopt(file);
            }
        }

        if (_ready.Count == 0)
        {
            TryMake(isFilled: false);
        }

        FillIfWanted();
    }

    /// <summary>Makes the next spare the segment of <paramref name="header"/>; when it returns, the segment is durable and may be written.</summary>
    /// <returns>False when none is ready: wait for <see cref="Changed"/>.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryTake(SegmentHeader header, out SegmentFile? segment)
    {
        Spare? spare;
        lock (_gate)
        {
            _ready.TryDequeue(out spare);
        }

        segment = null;
        if (spare is null)
        {
            FillIfWanted();
            return false;
        }

        Span<byte> page = stackalloc byte[SegmentHeader.PageBytes];
        header.Write(page);
        spare.File.Write(0, page);
        spare.File.Flush();
        segment = new SegmentFile(spare.File, SegmentFile.NameOf(header.Number), header);
        _directory.Rename(spare.Name, segment.Name);
        _directory.Flush();
        FillIfWanted();
        return true;
    }

    /// <summary>Takes back the file of a segment that is out of the journal and that nobody reads; its room becomes a spare's, or free.</summary>
    /// <remarks>What the journal relied on must be durable elsewhere by now. The file is closed if it is not kept.</remarks>
    /// <exception cref="IOException">The disk failed; the file is under its old name, a spare's, or gone.</exception>
    public void Recycle(SegmentFile segment)
    {
        lock (_making)
        {
            if (_isClosed)
            {
                // The last reader has outlived the store. The next start finds the segment as it is, and nothing in it that is still held.
                segment.File.Dispose();
                return;
            }

            OnGivenUp(segment.Number);
            TakeBack(segment);
        }

        FillIfWanted();
    }

    /// <summary>Makes no more; when it returns, nothing is written to the directory. What is ready stays on the disk for the next start.</summary>
    public void Dispose()
    {
        _isClosed = true;
        lock (_making)
        {
            Close();
        }

        _retry.Dispose();
    }

    private void Close()
    {
        lock (_gate)
        {
            while (_ready.TryDequeue(out var spare))
            {
                spare.File.Dispose();
            }
        }
    }

    private static string NameOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}{Suffix}");

    private static bool TryParse(string name, out long number)
    {
        number = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan()[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private void Adopt(StoreFileInfo file)
    {
        if (file.Length == _options.SegmentBytes && _ready.Count < _options.SpareSegments)
        {
            _ready.Enqueue(new Spare(file.Name, _directory.Open(file.Name, writable: true)));
        }
        else
        {
            _directory.Delete(file.Name);
        }
    }

    private void TakeBack(SegmentFile segment)
    {
        string? name = null;
        lock (_gate)
        {
            if (_ready.Count < _options.SpareSegments && segment.File.Length >= _options.SegmentBytes)
            {
                name = NameOf(++_lastNumber);
            }
        }

        if (name is null)
        {
            _directory.Delete(segment.Name);
            segment.File.Dispose();
            _directory.Flush();
        }
        else
        {
            Rename(segment, name);
        }
    }

    private void Rename(SegmentFile segment, string name)
    {
        // Its new name must be durable before another header may be written into it.
        _directory.Rename(segment.Name, name);
        _directory.Flush();
        segment.File.Dispose();
        var file = _directory.Open(name, writable: true);
        file.SetLength(_options.SegmentBytes);
        Add(new Spare(name, file));
    }

    private void FillIfWanted()
    {
        lock (_gate)
        {
            if (_isClosed || _isFilling || _ready.Count >= _options.SpareSegments)
            {
                return;
            }

            _isFilling = true;
        }

        _background.Schedule(_fill);
    }

    private void Fill()
    {
        var isMade = TryMake(isFilled: true);
        lock (_gate)
        {
            _isFilling = false;
            if (!isMade && !_isClosed)
            {
                _retry.Change(RetryDelay, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        FillIfWanted();
    }

    private bool TryMake(bool isFilled)
    {
        lock (_making)
        {
            if (_isClosed)
            {
                return false;
            }

            long number;
            lock (_gate)
            {
                number = ++_lastNumber;
            }

            try
            {
                Add(Make(NameOf(number), isFilled));
                return true;
            }
            catch (IOException e)
            {
                // The journal goes on with the segments that it has; only when it needs this one does anybody have to wait.
                Block(e);
                return false;
            }
        }
    }

    private Spare Make(string name, bool isFilled)
    {
        // Under its own name only when it is whole, so that what a start finds is ready.
        var unfinished = name + Unfinished;
        var file = _directory.Create(unfinished, _options.SegmentBytes);
        try
        {
            if (isFilled && !TryFillWithZeros(file))
            {
                throw new IOException($"The store in {_directory.Location} was closed while '{name}' was being made.");
            }

            file.Flush();
            _directory.Rename(unfinished, name);
            _directory.Flush();
            return new Spare(name, file);
        }
        catch (IOException)
        {
            file.Dispose();
            _directory.Delete(unfinished);
            _directory.Delete(name);
            throw;
        }
    }

    /// <summary>Writes zeros, since room that was only reserved costs every later flush twice. Flushed by portions: the journal's own flushes go on in between.</summary>
    /// <returns>False when the store was closed meanwhile.</returns>
    private bool TryFillWithZeros(IStoreFile file)
    {
        var length = _options.SegmentBytes;
        var zeros = new byte[Math.Min(ZeroBytes, length)];
        var parts = new List<ReadOnlyMemory<byte>>(WriteBytes / ZeroBytes);
        for (var position = 0; position < length;)
        {
            if (_isClosed)
            {
                return false;
            }

            parts.Clear();
            var end = Math.Min(length, position + WriteBytes);
            for (var at = position; at < end; at += zeros.Length)
            {
                parts.Add(zeros.AsMemory(0, Math.Min(zeros.Length, end - at)));
            }

            file.Write(position, parts);
            file.Flush();
            position = end;
        }

        return true;
    }

    private void Add(Spare spare)
    {
        bool wasBlocked;
        lock (_gate)
        {
            wasBlocked = _blocked is not null;
            _blocked = null;
            _ready.Enqueue(spare);
        }

        if (wasBlocked)
        {
            LogResumed(_directory.Location);
        }

        Changed?.Invoke();
    }

    private void Block(IOException exception)
    {
        bool isNew;
        lock (_gate)
        {
            isNew = _blocked is null && !_isClosed;
            _blocked = exception.Message;
        }

        if (isNew)
        {
            LogBlocked(_directory.Location, exception);
        }

        Changed?.Invoke();
    }

    [LoggerMessage(EventIds.SpareSegmentsBlocked, LogLevel.Warning,
        "No room can be taken ahead in {Location}: what is left of the last segment is written, then appends are refused until it works again; it is tried every second")]
    private partial void LogBlocked(string location, Exception exception);

    [LoggerMessage(EventIds.SpareSegmentsResumed, LogLevel.Information, "Room was taken ahead again in {Location}")]
    private partial void LogResumed(string location);

    private sealed record Spare(string Name, IStoreFile File);
}
