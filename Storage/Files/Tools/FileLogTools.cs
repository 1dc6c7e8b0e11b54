using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Tools for the directory of a store on files. They need no node, and stand none in the way: nothing here takes a running node's lock or changes its files.</summary>
/// <remarks>Every method works on the caller's thread until it is done, and takes memory by the number of topics, never by that of records.</remarks>
public static class FileLogTools
{
    /// <summary>Says whose store is in <paramref name="path"/> and what it holds, without checking every byte. A running node may write meanwhile: what is told is then of one moment or the next.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>: there is none. <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed, or the files may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static StoreInspection Inspect(
        string path, InspectOptions? options = null, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default) =>
        StoreSurvey.Take(Existing(path), options ?? new InspectOptions(), progress, cancellationToken);

    /// <summary>Checks every byte of the store in <paramref name="path"/>: headers, checksums, events, footers, and that every topic goes on without a hole. Beside a running node, all but the group that is just being written.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>: there is none. <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed, or the files may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static VerifyReport Verify(string path, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default) =>
        StoreVerification.Run(Existing(path), progress, cancellationToken);

    private static DiskDirectory Existing(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path)
            ? new DiskDirectory(path)
            : throw new EventMeshException(MeshErrorCode.StoreMissing, $"{Path.GetFullPath(path)} is no directory.");
    }
}
