using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.TestKit.Storage;

/// <summary>A directory in memory that knows what of it is durable, and fails as it is told.</summary>
/// <remarks>
/// <para>Written bytes are durable, sector by sector, once their file is flushed; creations, renames and deletions, in their order, once the directory is.
/// <see cref="Crash"/> keeps, loses or tears each sector and keeps a first part of the operations on the directory, by the seed.</para>
/// <para>Deterministic as long as calls come in the same order; thread-safe. A failing test prints the seeds.</para>
/// </remarks>
/// <param name="seed">For what a failing write or flush leaves behind, and for what the system writes back by itself.</param>
internal sealed class FaultyDirectory(int seed) : IStoreDirectory
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, FaultyFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FaultyFile> _durableFiles = new(StringComparer.Ordinal);
    private readonly List<Action<Dictionary<string, FaultyFile>>> _unflushed = [];
    private readonly HashSet<FaultyFile> _unlinked = [];
    private bool _isDead;
    private bool _isLocked;
    private long _created;

    /// <inheritdoc/>
    public string Location => $"faulty:{seed}";

    /// <summary>Bytes that the disk holds. May change at any time.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <inheritdoc/>
    public long FreeBytes => Capacity - UsedBytes;

    /// <summary>Room that files take, deleted ones that are still open included.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                return Used();
            }
        }
    }

    /// <summary>Calls so far that changed something or made it durable: the boundaries that power can fail at.</summary>
    public long Operations { get; private set; }

    /// <summary>Decides over every call before it has an effect; null for no faults. Also the place to let virtual time pass on a slow disk. Called under the directory's lock.</summary>
    public Func<DeviceOperation, DeviceFault>? Plan { get; set; }

    /// <summary>Whether power has failed.</summary>
    public bool IsDead
    {
        get
        {
            lock (_gate)
            {
                return _isDead;
            }
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        lock (_gate)
        {
            EnsureAlive();
            if (_isLocked)
            {
                throw new EventMeshException(MeshErrorCode.StoreLocked, $"{Location} is locked already.");
            }

            _isLocked = true;
            return new Unlocker(this);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoreFileInfo> List()
    {
        lock (_gate)
        {
            EnsureAlive();
            return _files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => new StoreFileInfo(file.Key, file.Value.Length)).ToList();
        }
    }

    /// <inheritdoc/>
    public IStoreFile Open(string name, bool writable)
    {
        lock (_gate)
        {
            EnsureAlive();
            return _files.TryGetValue(name, out var file)
                ? new FaultyHandle(this, file, name, writable)
                : throw new FileNotFoundException($"{Location}/{name} does not exist.");
        }
    }

    /// <inheritdoc/>
    public IStoreFile Create(string name, long length)
    {
        lock (_gate)
        {
            var fault = Begin(DeviceAction.Create, name, 0, length);
            if (_files.ContainsKey(name))
            {
                throw new IOException($"{Location}/{name} exists already.");
            }

            ThrowIfFaulty(fault == DeviceFault.None && length > FreeRoom() ? DeviceFault.DiskFull : fault, name);
            var file = new FaultyFile(++_created);
            file.SetLength(length, _random);
            Change(files => files[name] = file);
            return new FaultyHandle(this, file, name, writable: true);
        }
    }

    /// <inheritdoc/>
    public void Rename(string name, string newName)
    {
        lock (_gate)
        {
            ThrowIfFaulty(Begin(DeviceAction.Rename, name, 0, 0), name);
            if (!_files.TryGetValue(name, out var file))
            {
                throw new FileNotFoundException($"{Location}/{name} does not exist.");
            }

            Unlink(newName);
            Change(files =>
            {
                files.Remove(name);
                files[newName] = file;
            });
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        lock (_gate)
        {
            ThrowIfFaulty(Begin(DeviceAction.Delete, name, 0, 0), name);
            Unlink(name);
            Change(files => files.Remove(name));
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        lock (_gate)
        {
            ThrowIfFaulty(Begin(DeviceAction.FlushDirectory, "", 0, 0), "");
            _unflushed.ForEach(change => change(_durableFiles));
            _unflushed.Clear();
        }
    }

    /// <summary>Turns a bit of a file, as a disk does that rots.</summary>
    public void Flip(string name, long position, int bit)
    {
        lock (_gate)
        {
            _files[name].Flip(position, bit);
        }
    }

    /// <summary>A file's bytes as they are read.</summary>
    public byte[] Contents(string name)
    {
        lock (_gate)
        {
            var bytes = new byte[_files[name].Length];
            _files[name].Read(0, bytes);
            return bytes;
        }
    }

    /// <summary>Power fails: ends this directory and everything open in it; the result is what the next start finds.</summary>
    public FaultyDirectory Crash(int crashSeed)
    {
        lock (_gate)
        {
            _isDead = true;
            var random = new Random(crashSeed);
            var names = new Dictionary<string, FaultyFile>(_durableFiles, StringComparer.Ordinal);
            _unflushed.Take(random.Next(_unflushed.Count + 1)).ToList().ForEach(change => change(names));
            var next = Successor(crashSeed);
            foreach (var (name, file) in names.OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                next._files[name] = next._durableFiles[name] = file.AfterPowerFailure(random);
            }

            return next;
        }
    }

    /// <summary>The process ends, the machine goes on: like <see cref="Crash"/>, but everything that was written is still there.</summary>
    public FaultyDirectory Kill()
    {
        lock (_gate)
        {
            _isDead = true;
            var next = Successor(seed);
            var copies = _files.Values.Concat(_durableFiles.Values).Distinct().ToDictionary(file => file, file => file.AfterKill());
            foreach (var (name, file) in _files)
            {
                next._files[name] = copies[file];
            }

            foreach (var (name, file) in _durableFiles)
            {
                next._durableFiles[name] = copies[file];
            }

            // One step instead of many: what a later crash may undo of an earlier life, it undoes as a whole.
            next._unflushed.Add(files =>
            {
                files.Clear();
                foreach (var (name, file) in _files)
                {
                    files[name] = copies[file];
                }
            });
            return next;
        }
    }

    internal int Read(FaultyHandle handle, long position, Span<byte> destination)
    {
        lock (_gate)
        {
            EnsureUsable(handle);
            ThrowIfFaulty(Decide(DeviceAction.Read, handle.Name, position, destination.Length), handle.Name);
            return handle.File.Read(position, destination);
        }
    }

    internal void Write(FaultyHandle handle, long position, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            EnsureUsable(handle);
            var fault = Begin(DeviceAction.Write, handle.Name, position, source.Length);
            if (fault == DeviceFault.None && position + source.Length - handle.File.Allocated > FreeRoom())
            {
                fault = DeviceFault.DiskFull;
            }

            var length = fault == DeviceFault.None ? source.Length : _random.Next(source.Length);
            if (fault == DeviceFault.DiskFull)
            {
                length = (int)Math.Clamp(handle.File.Allocated + FreeRoom() - position, 0, length);
            }

            if (length > 0)
            {
                handle.File.Write(position, source[..length], _random);
            }

            ThrowIfFaulty(fault, handle.Name);
        }
    }

    internal void Flush(FaultyHandle handle)
    {
        lock (_gate)
        {
            EnsureUsable(handle);
            var fault = Begin(DeviceAction.Flush, handle.Name, 0, handle.File.Length);
            if (fault == DeviceFault.None)
            {
                handle.File.Flush();
                return;
            }

            handle.File.FailFlush(_random);
            ThrowIfFaulty(fault, handle.Name);
        }
    }

    internal void SetLength(FaultyHandle handle, long length)
    {
        lock (_gate)
        {
            EnsureUsable(handle);
            ThrowIfFaulty(Begin(DeviceAction.SetLength, handle.Name, 0, length), handle.Name);
            handle.File.SetLength(length, _random);
        }
    }

    internal long LengthOf(FaultyHandle handle)
    {
        lock (_gate)
        {
            EnsureUsable(handle);
            return handle.File.Length;
        }
    }

    internal void Closed(FaultyFile file)
    {
        lock (_gate)
        {
            if (--file.Handles == 0)
            {
                _unlinked.Remove(file);
            }
        }
    }

    private FaultyDirectory Successor(int nextSeed) => new(nextSeed) { Capacity = Capacity, _created = _created };

    private DeviceFault Begin(DeviceAction action, string name, long position, long length)
    {
        EnsureAlive();
        Operations++;
        return Decide(action, name, position, length);
    }

    private DeviceFault Decide(DeviceAction action, string name, long position, long length)
    {
        var fault = Plan?.Invoke(new DeviceOperation(Operations, action, name, position, length)) ?? DeviceFault.None;
        _isDead |= fault == DeviceFault.PowerFailure;
        EnsureAlive();
        return fault;
    }

    private void ThrowIfFaulty(DeviceFault fault, string name)
    {
        if (fault != DeviceFault.None)
        {
            throw fault == DeviceFault.DiskFull
                ? new DiskFullException($"The plan has filled the disk: {Location}/{name}.")
                : new IOException($"The plan has {Location}/{name} fail.");
        }
    }

    private void Change(Action<Dictionary<string, FaultyFile>> change)
    {
        change(_files);
        _unflushed.Add(change);
    }

    private void Unlink(string name)
    {
        if (_files.TryGetValue(name, out var file) && file.Handles > 0)
        {
            _unlinked.Add(file);
        }
    }

    private long Used() => _files.Values.Sum(file => file.Allocated) + _unlinked.Sum(file => file.Allocated);

    private long FreeRoom() => Capacity - Used();

    private void EnsureUsable(FaultyHandle handle)
    {
        EnsureAlive();
        ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
    }

    private void EnsureAlive()
    {
        if (_isDead)
        {
            throw new IOException($"{Location}: power has failed.");
        }
    }

    private sealed class Unlocker(FaultyDirectory directory) : IDisposable
    {
        public void Dispose()
        {
            lock (directory._gate)
            {
                directory._isLocked = false;
            }
        }
    }
}
