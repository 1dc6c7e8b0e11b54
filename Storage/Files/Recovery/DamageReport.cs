using System.Globalization;
using System.Text;
using System.Text.Json;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Journal;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Keeps the evidence of damage: copies the bytes aside, writes a line to <c>damage.log</c>, logs an error and counts, once a range. Thread-safe; never throws.</summary>
/// <remarks>
/// Bounded, since a dying disk finds new damage with every read: see <see cref="MaxRanges"/>, <see cref="MaxFiles"/>, <see cref="MaxBytes"/> and
/// <see cref="MaxLogBytes"/>. What a limit leaves out is said in the line of the log. What an earlier life has reported is logged and counted again, not written again.
/// </remarks>
internal sealed partial class DamageReport : IDamageSink
{
    /// <summary>The file with a JSON object a line.</summary>
    public const string LogName = "damage.log";

    /// <summary>Ranges that are told apart; further ones are not looked at, and <see cref="Count"/> stays.</summary>
    public const int MaxRanges = 1000;

    /// <summary>Files with damaged bytes that are kept in all; more are not set aside.</summary>
    public const int MaxFiles = 64;

    /// <summary>Bytes that are set aside in all, and as often as the store is opened.</summary>
    public const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>Bytes of <c>damage.log</c> beyond which no more lines are added.</summary>
    public const long MaxLogBytes = 1024 * 1024;

    private const string Prefix = "damaged-";
    private const int ChunkBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly IStoreDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HashSet<(string File, long Position)> _known = [];
    private readonly HashSet<(string File, long Position)> _written;
    private readonly HashSet<string> _setAside;
    private long _bytes;

    /// <summary>Looks what earlier lives have set aside.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public DamageReport(IStoreDirectory directory, TimeProvider time, ILogger logger)
    {
        (_directory, _time, _logger) = (directory, time, logger);
        _setAside = [.. directory.List().Select(static file => file.Name).Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))];
        _written = [.. ReadLog().Select(static line => (line.File, line.Position))];
    }

    /// <summary>Damaged ranges since the store was opened, up to <see cref="MaxRanges"/>.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _known.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void OnDamaged(SegmentFile segment, long position, long length, string what) =>
        Report(segment.Name, segment.File, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{segment.Number}-{position}"), position, length, what);

    /// <summary>Takes a segment of which nothing can be read out of the journal, by its name, and reports that.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void SetAside(string name, long number, long length, string what)
    {
        var copy = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}-0");
        _directory.Rename(name, copy);
        _directory.Flush();
        Report(name, null, null, 0, length, $"{what}; the file is {copy} now");
    }

    /// <summary>Reports damage of which there are no bytes to set aside: a file that is missing, or one of which there is another copy.</summary>
    public void OnDamaged(string file, long position, long length, string what) => Report(file, null, null, position, length, what);

    private void Report(string name, IStoreFile? file, string? copy, long position, long length, string what)
    {
        lock (_gate)
        {
            if (_known.Count >= MaxRanges || !_known.Add((name, position)))
            {
                return;
            }

            LogDamaged(_directory.Location, name, position, length, what);
            if (_known.Count == MaxRanges)
            {
                LogTooMuch(_directory.Location, MaxRanges);
            }

            try
            {
                var kept = copy is null || _setAside.Contains(copy) ? 0 : Copy(file!, copy, position, length);
                if (_written.Add((name, position)))
                {
                    AppendLine(new DamageLine(_time.GetUtcNow(), name, position, length, what, kept > 0 ? copy : null, kept));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The damage itself is handled by whoever found it; that its evidence cannot be kept must not stop anybody.
                LogNotKept(name, position, e);
            }
        }
    }

    private long Copy(IStoreFile file, string copy, long position, long length)
    {
        length = Math.Min(Math.Min(length, file.Length - position), MaxBytes - _bytes);
        if (length <= 0 || _setAside.Count >= MaxFiles)
        {
            return 0;
        }

        using var target = _directory.Create(copy, 0);
        _setAside.Add(copy);
        var chunk = new byte[Math.Min(ChunkBytes, length)];
        var kept = 0L;
        while (kept < length)
        {
            var read = file.Read(position + kept, chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - kept)));
            if (read == 0)
            {
                break;
            }

            target.Write(kept, chunk.AsSpan(0, read));
            kept += read;
        }

        target.Flush();
        _directory.Flush();
        _bytes += kept;
        return kept;
    }

    private void AppendLine(DamageLine line)
    {
        var exists = HasLog();
        using var log = exists ? _directory.Open(LogName, writable: true) : _directory.Create(LogName, 0);
        if (log.Length >= MaxLogBytes)
        {
            return;
        }

        log.Write(log.Length, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, DamageLines.Default.DamageLine) + "\n"));
        log.Flush();
        if (!exists)
        {
            _directory.Flush();
        }
    }

    private List<DamageLine> ReadLog()
    {
        var lines = new List<DamageLine>();
        if (!HasLog())
        {
            return lines;
        }

        using var log = _directory.Open(LogName, writable: false);
        var bytes = new byte[Math.Min(log.Length, 2 * MaxLogBytes)];
        foreach (var line in Encoding.UTF8.GetString(bytes.AsSpan(0, log.Read(0, bytes))).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                lines.AddRange(JsonSerializer.Deserialize(line, DamageLines.Default.DamageLine) is { File: not null } read ? [read] : []);
            }
            catch (JsonException)
            {
                // Its writing was cut short, or it is damaged itself: what it said is then reported once more.
            }
        }

        return lines;
    }

    private bool HasLog() => _directory.List().Any(static file => file.Name == LogName);

    [LoggerMessage(EventIds.DamageFound, LogLevel.Error, "{Location}/{File} is damaged at byte {Position}, {Length} bytes: {What}")]
    private partial void LogDamaged(string location, string file, long position, long length, string what);

    [LoggerMessage(EventIds.DamageTooMuch, LogLevel.Error, "{Location} has {Count} damaged ranges since the start; further ones are neither logged nor counted. Replace the disk")]
    private partial void LogTooMuch(string location, int count);

    [LoggerMessage(EventIds.DamageNotKept, LogLevel.Warning, "The damaged bytes of {File} at {Position} could not be set aside")]
    private partial void LogNotKept(string file, long position, Exception exception);
}
