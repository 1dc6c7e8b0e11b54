using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Checks the <c>store</c> file.</summary>
internal static class StoreCheck
{
    private const string Advice = "Restore the file from a backup; segments alone do not open.";

    /// <summary>What the file says; null where it is missing or damaged.</summary>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static StoreState? Read(IStoreDirectory directory, FindingBox findings)
    {
        try
        {
            using var file = StoreFile.Open(directory, writable: false);
            if (file is null)
            {
                findings.Damage(StoreFile.Name, 0, "The file is missing, so whose store it is cannot be told.", Advice);
                return null;
            }

            CheckSlots(directory, findings);
            return file.State;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            findings.Damage(StoreFile.Name, 0, e.Message, Advice);
            return null;
        }
    }

    /// <summary>One slot may be torn: the file was just being written. Said all the same, since it is the other one that the store lives on.</summary>
    private static void CheckSlots(IStoreDirectory directory, FindingBox findings)
    {
        using var file = directory.Open(StoreFile.Name, writable: false);
        Span<byte> slot = stackalloc byte[StoreState.SlotBytes];
        for (var i = 0; i < 2; i++)
        {
            var read = slot[..file.Read(i * StoreState.SlotBytes, slot)];
            if (StoreState.Read(read, out _) is null && read.ContainsAnyExcept((byte)0))
            {
                findings.Note(StoreFile.Name, i * StoreState.SlotBytes, "One of the two copies cannot be read; the other one holds.", "The next start of the node writes it anew.");
            }
        }
    }
}
