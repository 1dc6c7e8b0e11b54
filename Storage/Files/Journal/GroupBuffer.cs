using System.Runtime.InteropServices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>A group that gathers: runs are encoded into it as they are handed over, so that writing it is one call. Used again and again.</summary>
/// <remarks>
/// The bytes lie as they are written: a front that header and table are put into when the group is closed, right before the records. Filled under the
/// journal's gate; after <see cref="Close"/> the writing thread's alone.
/// </remarks>
internal sealed class GroupBuffer
{
    private const int FirstFront = 4 * 1024;
    private const int FirstBytes = 64 * 1024;

    private readonly List<GroupRun> _runs = [];
    private readonly List<TopicLog> _topics = [];
    private byte[] _table = new byte[RunTable.MaxEntryBytes];
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(FirstFront + FirstBytes);
    private int _front = FirstFront;
    private int _tableBytes;
    private int _recordBytes;
    private bool _isLastOpen;

    /// <summary>What those who wait for it share.</summary>
    public GroupSignal Signal { get; private set; } = new();

    /// <summary>Its number; known once it is closed.</summary>
    public long Number { get; private set; }

    /// <summary>The topics that it has something of, each once.</summary>
    public IReadOnlyList<TopicLog> Topics => _topics;

    /// <summary>Its runs; their positions count from the first record until it is closed, then from the segment's first byte.</summary>
    public ReadOnlySpan<GroupRun> Runs => CollectionsMarshal.AsSpan(_runs);

    /// <summary>Bytes that it takes in a segment, at most: the last entry of the table may not be written yet.</summary>
    public int Bytes => GroupHeader.Align(GroupHeader.Bytes + _tableBytes + (_isLastOpen ? RunTable.MaxEntryBytes : 0) + _recordBytes);

    /// <summary>Bytes that it counts for in the bound on what waits.</summary>
    public long PendingBytes { get; set; }

    /// <summary>Whether it has records, not only trims, deletes and heads.</summary>
    public bool HasRecords { get; private set; }

    /// <summary>Whether it has anything in it.</summary>
    public bool IsEmpty => _runs.Count == 0;

    /// <summary>The last run, if it may still grow.</summary>
    public bool TryGetLast(TopicLog topic, out RunDescriptor last)
    {
        if (_isLastOpen && ReferenceEquals(_runs[^1].Topic, topic))
        {
            last = _runs[^1].Run;
            return true;
        }

        last = default;
        return false;
    }

    /// <summary>Adds a run of <paramref name="topic"/> with its bytes.</summary>
    public void Add(TopicLog topic, in RunDescriptor run, ReadOnlySpan<byte> records)
    {
        WriteLastEntry();
        Note(topic);
        HasRecords |= run.Count > 0;
        _runs.Add(new GroupRun(topic, run with { Position = _recordBytes, Length = records.Length }));
        _isLastOpen = true;
        Copy(records);
    }

    /// <summary>Lets the last run go on: <paramref name="last"/> says what it is from now on, but for its length and checksum.</summary>
    public void Extend(in RunDescriptor last, ReadOnlySpan<byte> records)
    {
        ref var run = ref CollectionsMarshal.AsSpan(_runs)[^1];
        run = new GroupRun(run.Topic, last with { Length = last.Length + records.Length, Crc = Crc32C.Compute(records, last.Crc) });
        Copy(records);
    }

    /// <summary>Ends the table; its length is known from here on.</summary>
    public void Finish() => WriteLastEntry();

    /// <summary>Ends the group and gives the runs their places. What is returned is written at <paramref name="position"/>; valid until the group is used again.</summary>
    public ReadOnlySpan<byte> Close(long number, SegmentHeader segment, long position)
    {
        WriteLastEntry();
        Number = number;
        var head = GroupHeader.Bytes + _tableBytes;
        if (head > _front)
        {
            Grow(head + head / 2, _recordBytes);
        }

        Reserve(_recordBytes + GroupHeader.Alignment);
        var start = _front - head;
        _table.AsSpan(0, _tableBytes).CopyTo(_bytes.AsSpan(start + GroupHeader.Bytes));
        var header = new GroupHeader(
            number, number - 1, segment.Number, segment.Generation, _runs.Count, _tableBytes, _recordBytes, Crc32C.Compute(_table.AsSpan(0, _tableBytes)));
        header.Write(_bytes.AsSpan(start), segment.Salt);
        var total = header.TotalBytes;
        _bytes.AsSpan(_front + _recordBytes, total - head - _recordBytes).Clear();
        var records = header.RecordsAt(position);
        foreach (ref var run in CollectionsMarshal.AsSpan(_runs))
        {
            run = run with { Run = run.Run with { Position = records + run.Run.Position } };
        }

        return _bytes.AsSpan(_front - head, total);
    }

    /// <summary>Empties it for the next group.</summary>
    /// <param name="keepBytes">A buffer above this is not kept: one large batch must not cost its room for ever.</param>
    public void Reset(int keepBytes)
    {
        _runs.Clear();
        _topics.Clear();
        (_tableBytes, _recordBytes, _isLastOpen, Number, PendingBytes) = (0, 0, false, 0, 0);
        HasRecords = false;
        Signal = new GroupSignal();
        if (_bytes.Length > keepBytes)
        {
            _front = FirstFront;
            _bytes = GC.AllocateUninitializedArray<byte>(FirstFront + FirstBytes);
        }
    }

    private void Note(TopicLog topic)
    {
        if (!ReferenceEquals(topic.LastSignal, Signal))
        {
            topic.LastSignal = Signal;
            _topics.Add(topic);
        }
    }

    private void WriteLastEntry()
    {
        if (!_isLastOpen)
        {
            return;
        }

        _isLastOpen = false;
        if (_table.Length - _tableBytes < RunTable.MaxEntryBytes)
        {
            Array.Resize(ref _table, Math.Max(2 * _table.Length, _tableBytes + RunTable.MaxEntryBytes));
        }

        var last = _runs[^1];
        _tableBytes += RunTable.WriteEntry(_table.AsSpan(_tableBytes), last.Topic.Name, last.Run);
    }

    private void Copy(ReadOnlySpan<byte> records)
    {
        Reserve(_recordBytes + records.Length);
        records.CopyTo(_bytes.AsSpan(_front + _recordBytes));
        _recordBytes += records.Length;
    }

    private void Reserve(int recordBytes)
    {
        if (_bytes.Length - _front < recordBytes)
        {
            Grow(_front, Math.Max(recordBytes, 2 * (_bytes.Length - _front)));
        }
    }

    private void Grow(int front, int recordBytes)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked(front + recordBytes));
        _bytes.AsSpan(_front, _recordBytes).CopyTo(bytes.AsSpan(front));
        (_bytes, _front) = (bytes, front);
    }
}

/// <summary>A run of a group, and the topic that it is of.</summary>
internal readonly record struct GroupRun(TopicLog Topic, RunDescriptor Run);
