using System.Text;
using System.Text.Json;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Reads <c>damage.log</c>.</summary>
internal static class DamageLog
{
    /// <summary>What it says, oldest first; empty where there is none. Lines that make no sense are left out.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static IReadOnlyList<DamageNote> Read(IStoreDirectory directory)
    {
        if (!directory.List().Any(static file => file.Name == DamageReport.LogName))
        {
            return [];
        }

        using var file = directory.Open(DamageReport.LogName, writable: false);

        // The node stops at a limit; the line that reaches over it is whole.
        var bytes = new byte[Math.Min(file.Length, 2 * DamageReport.MaxLogBytes)];
        var text = Encoding.UTF8.GetString(bytes, 0, file.Read(0, bytes));
        return [.. text.Split('\n').Select(Parse).OfType<DamageNote>()];
    }

    private static DamageNote? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, DamageLines.Default.DamageLine) is { File: not null, What: not null } read
                ? new DamageNote(read.Time, read.File, read.Position, read.Length, read.What, read.SetAside)
                : null;
        }
        catch (JsonException)
        {
            // The last line may be torn, and the empty one behind it is none.
            return null;
        }
    }
}
