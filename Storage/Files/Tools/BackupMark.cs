namespace EventMesh.Storage.Files.Tools;

/// <summary>The file that makes a directory a backup.</summary>
internal static class BackupMark
{
    /// <summary>The file's name.</summary>
    public const string FileName = "backup";
}
