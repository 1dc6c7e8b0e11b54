using System.Text.Json;
using System.Text.Json.Serialization;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>What the file that makes a directory a backup says.</summary>
/// <param name="Node">Whose store it is a backup of.</param>
/// <param name="StoreId">The store.</param>
/// <param name="MadeAt">When it was made.</param>
/// <param name="LastGroup">The last group that it holds.</param>
/// <param name="Counter">The count of the writings of the backup's <c>store</c> file: it changes when a node opens the backup, which then is none any more.</param>
internal sealed record BackupMark(string Node, Guid StoreId, DateTimeOffset MadeAt, long LastGroup, long Counter)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "backup";

    private const int MaxBytes = 4096;

    /// <summary>Whether a directory has the file.</summary>
    public static bool IsIn(IStoreDirectory directory) => directory.List().Any(static file => file.Name == FileName);

    /// <summary>Reads the file; null where there is none that makes sense.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static BackupMark? Read(IStoreDirectory directory)
    {
        if (!IsIn(directory))
        {
            return null;
        }

        using var file = directory.Open(FileName, writable: false);
        var bytes = new byte[Math.Min(file.Length, MaxBytes)];
        try
        {
            return JsonSerializer.Deserialize(bytes.AsSpan(0, file.Read(0, bytes)), BackupMarks.Default.BackupMark);
        }
        catch (JsonException)
        {
            // Damaged, or another program's: nobody may rely on it.
            return null;
        }
    }

    /// <summary>Writes the file; its bytes are durable when it returns.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Write(IStoreDirectory directory)
    {
        using var file = directory.Create(FileName, 0);
        file.Write(0, JsonSerializer.SerializeToUtf8Bytes(this, BackupMarks.Default.BackupMark));
        file.Flush();
    }
}

/// <summary>How the mark is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupMark))]
internal sealed partial class BackupMarks : JsonSerializerContext;
