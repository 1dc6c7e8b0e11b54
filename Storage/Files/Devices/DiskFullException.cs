namespace EventMesh.Storage.Files.Devices;

/// <summary>The disk, or the quota on it, has no room left.</summary>
internal sealed class DiskFullException(string message, Exception? inner = null) : IOException(message, inner);
