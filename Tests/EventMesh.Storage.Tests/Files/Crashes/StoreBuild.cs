using EventMesh.Storage.Files.Devices;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>How the store of a run is built: the product as it is, or with a double that makes it wrong in one way.</summary>
internal class StoreBuild
{
    /// <summary>The product.</summary>
    public static StoreBuild Sound { get; } = new();

    /// <summary>The device as the store sees it.</summary>
    /// <remarks>Called right before each opening.</remarks>
    public virtual IStoreDirectory Wrap(IStoreDirectory device) => device;

    /// <summary>Whether power should fail right before a call, to show what is wrong; <paramref name="last"/> is the call before it.</summary>
    public virtual bool IsWeak(DeviceOperation last, DeviceOperation next) => true;

    /// <summary>A writer as those who publish see it.</summary>
    public virtual ITopicWriter Wrap(ITopicWriter writer) => writer;
}
