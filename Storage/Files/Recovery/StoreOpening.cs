using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>The first step of opening a store: whose it is, and the incarnation that begins.</summary>
/// <param name="File">The store's file, written with the new incarnation and state open.</param>
/// <param name="WasClosed">Whether its last life ended in order.</param>
internal sealed record StoreOpening(StoreFile File, bool WasClosed)
{
    private const string Unfinished = ".new";

    /// <summary>Reads the store's file, or makes one, and begins an incarnation; everything is durable when it returns. Removes what nobody finished.</summary>
    /// <param name="directory">The directory, locked.</param>
    /// <param name="node">The node that opens it.</param>
    /// <param name="heardOf">The greatest incarnation of the node that was heard of elsewhere.</param>
    /// <param name="services">Clock and randomness.</param>
    /// <exception cref="EventMeshException"><c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>, or <c>LogCorrupted</c>: the file is damaged, or gone while segments are there.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static StoreOpening Begin(IStoreDirectory directory, NodeId node, Incarnation heardOf, FileLogServices services)
    {
        var file = StoreFile.Open(directory, writable: true) ?? Create(directory, node, services);
        try
        {
            var last = file.State;
            if (last.Node != node)
            {
                throw new EventMeshException(
                    MeshErrorCode.StoreNodeMismatch,
                    $"The store in {directory.Location} belongs to node '{last.Node}', not to '{node}'. Give '{node}' a path of its own, or start it as '{last.Node}'.");
            }

            foreach (var unfinished in directory.List().Where(static file => file.Name.EndsWith(Unfinished, StringComparison.Ordinal)))
            {
                directory.Delete(unfinished.Name);
            }

            // The last group stays: it was flushed, whatever becomes of this life.
            WriteTwice(file, last with
            {
                Incarnation = Incarnation.Next(last.Incarnation > heardOf ? last.Incarnation : heardOf, services.Time.GetUtcNow()),
                IsClosed = false,
            });

            // What the last life renamed or removed may not be durable yet, and is relied on from here on.
            directory.Flush();
            return new StoreOpening(file, last.IsClosed);
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a state into both slots, so that it survives the damage of one.</summary>
    public static void WriteTwice(StoreFile file, StoreState state)
    {
        file.Write(state);
        file.Write(state);
    }

    private static StoreFile Create(IStoreDirectory directory, NodeId node, FileLogServices services)
    {
        if (directory.List().FirstOrDefault(static file => SegmentFinder.TryParse(file.Name, out _)) is { Name: not null } segment)
        {
            throw new EventMeshException(
                MeshErrorCode.LogCorrupted,
                $"{directory.Location} has segments ('{segment.Name}' is the first), but the file '{StoreFile.Name}' that says whose they are is missing. Restore it from a backup.");
        }

        var id = new byte[16];
        services.Random.NextBytes(id);
        return StoreFile.Create(directory, new StoreState(0, new Guid(id), node, default, false, 0, 0, 0, 0, 0));
    }
}
