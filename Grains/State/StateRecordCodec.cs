using System.Globalization;
using System.Text;
using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;

namespace EventMesh.Grains.State;

/// <summary>The encoding of a state record as an event: headers say what is done to which key, the payload is the value as it is.</summary>
/// <remarks>
/// <code>
/// header state.v1        set, keep, clear or fence
/// header state.key       the key, 1 to 2,048 bytes of UTF-8; absent from a fence
/// header state.version   keep only: the version in decimal
/// payload                the value of a set or keep; empty for the others
/// </code>
/// The first header's name carries the version of the format. Keep in step with <c>docs/formats/state.md</c>.
/// </remarks>
internal static class StateRecordCodec
{
    /// <summary>Longest key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 2048;

    private const string OperationHeader = "state.v1";
    private const string KeyHeader = "state.key";
    private const string VersionHeader = "state.version";

    /// <summary>Whether <paramref name="key"/> can be written.</summary>
    public static bool IsKey(string? key) => !string.IsNullOrEmpty(key) && Encoding.UTF8.GetByteCount(key) <= MaxKeyBytes;

    /// <summary>Adds <paramref name="record"/> to a batch.</summary>
    public static void Write(EventBatchBuilder batch, StateRecord record)
    {
        var headers = new List<KeyValuePair<string, string>>(3) { new(OperationHeader, NameOf(record.Operation)) };
        if (record.Operation != StateOperation.Fence)
        {
            headers.Add(new(KeyHeader, record.Key));
        }

        if (record.Operation == StateOperation.Keep)
        {
            headers.Add(new(VersionHeader, record.Version.ToString(CultureInfo.InvariantCulture)));
        }

        batch.Add(record.Value.Span, headers);
    }

    /// <summary>Reads an event of a state topic; the value lies within <paramref name="body"/>.</summary>
    /// <exception cref="EventMeshException"><c>StoreVersionUnknown</c> for another format, <c>LogCorrupted</c> for what breaks this one.</exception>
    public static StateRecord Read(ReadOnlyMemory<byte> body)
    {
        var headers = EventBody.Headers(body.Span);
        var operation = Find(headers, OperationHeader)
            ?? throw new EventMeshException(MeshErrorCode.StoreVersionUnknown, $"The state was written by a release that this one cannot read: no header '{OperationHeader}'.");
        var key = Find(headers, KeyHeader) ?? "";
        var version = Find(headers, VersionHeader) ?? "";
        var value = EventBody.Payload(body);
        return operation switch
        {
            "set" when IsKey(key) && version.Length == 0 => new StateRecord(StateOperation.Set, key, 0, value),
            "keep" when IsKey(key) && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var kept) =>
                new StateRecord(StateOperation.Keep, key, kept, value),
            "clear" when IsKey(key) && version.Length == 0 && value.IsEmpty => new StateRecord(StateOperation.Clear, key, 0, value),
            "fence" when key.Length == 0 && version.Length == 0 && value.IsEmpty => new StateRecord(StateOperation.Fence, "", 0, value),
            _ => throw new EventMeshException(
                MeshErrorCode.LogCorrupted,
                $"A state record breaks its format: {OperationHeader} '{Printable.Clip(operation)}', {KeyHeader} '{Printable.Clip(key)}', {VersionHeader} '{Printable.Clip(version)}', {value.Length} bytes of value."),
        };
    }

    private static string NameOf(StateOperation operation) => operation switch
    {
        StateOperation.Set => "set",
        StateOperation.Keep => "keep",
        StateOperation.Clear => "clear",
        StateOperation.Fence => "fence",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "is no operation"),
    };

    private static string? Find(IReadOnlyList<KeyValuePair<string, string>> headers, string name)
    {
        foreach (var (key, value) in headers)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }
}
