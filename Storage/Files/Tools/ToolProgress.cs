namespace EventMesh.Storage.Files.Tools;

/// <summary>How far a tool is; told at least once a megabyte, on the thread that works.</summary>
/// <param name="Step">What it is doing: a word or a file's name.</param>
/// <param name="DoneBytes">Bytes looked through so far, of all steps.</param>
/// <param name="TotalBytes">Bytes in all, as far as is known; a running node may add some meanwhile.</param>
public readonly record struct ToolProgress(string Step, long DoneBytes, long TotalBytes);
