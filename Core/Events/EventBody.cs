using System.Text.Unicode;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using Utf8Text = System.Text.Encoding;

namespace EventMesh.Core.Events;

/// <summary>The encoding of one event's headers and payload, made once at publish and moved unchanged ever after.</summary>
/// <remarks>
/// <code>
/// flags     1 byte   bit 0: headers follow; all other bits are 0 and anything else is refused
/// headers            varint count (1-64), then per header: varint length, name, varint length, value (UTF-8)
/// payload            every byte that is left
/// </code>
/// Keep in step with <c>docs/formats/event.md</c>.
/// </remarks>
public static class EventBody
{
    private const byte HasHeaders = 1;

    /// <summary>Bytes that the event takes when encoded. Checks the limits of headers.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.InvalidHeaders"/> or <see cref="MeshErrorCode.EventTooLarge"/>.</exception>
    public static int Measure(IReadOnlyList<KeyValuePair<string, string>> headers, int payloadLength)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var size = 1L + payloadLength;
        if (headers.Count > 0)
        {
            CheckHeaderCount(headers.Count);
            size += Varint.Size((ulong)headers.Count);
            // By index: enumerating through the interface would allocate for every event.
            for (var i = 0; i < headers.Count; i++)
            {
                size += MeasureHeader(headers[i].Key, headers[i].Value);
            }
        }

        return size <= EventLimits.MaxEventBytes
            ? (int)size
            : throw new EventMeshException(
                MeshErrorCode.EventTooLarge, $"The event takes {size} bytes; the limit is {EventLimits.MaxEventBytes}.");
    }

    /// <summary>Encodes into <paramref name="destination"/>, which holds exactly what <see cref="Measure"/> said.</summary>
    public static void Write(Span<byte> destination, IReadOnlyList<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(headers);
        destination[0] = headers.Count > 0 ? HasHeaders : (byte)0;
        var at = 1;
        if (headers.Count > 0)
        {
            at += Varint.Write(destination[at..], (ulong)headers.Count);
            for (var i = 0; i < headers.Count; i++)
            {
                at += WriteText(destination[at..], headers[i].Key);
                at += WriteText(destination[at..], headers[i].Value);
            }
        }

        payload.CopyTo(destination[at..]);
    }

    /// <summary>Checks that <paramref name="body"/> is a whole event within the limits, without allocating for its headers.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.MalformedEvent"/>, <see cref="MeshErrorCode.InvalidHeaders"/>
    /// or <see cref="MeshErrorCode.EventTooLarge"/>.</exception>
    public static void Validate(ReadOnlySpan<byte> body) => ReadHeaders(body, null);

    /// <summary>The payload's bytes within <paramref name="body"/>.</summary>
    public static ReadOnlyMemory<byte> Payload(ReadOnlyMemory<byte> body) => body[ReadHeaders(body.Span, null)..];

    /// <summary>Decodes the headers, in the order in which they were given; empty when there are none.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(ReadOnlySpan<byte> body)
    {
        if (body.Length > 0 && body[0] == 0)
        {
            return [];
        }

        var headers = new List<KeyValuePair<string, string>>();
        ReadHeaders(body, headers);
        return headers;
    }

    private static int ReadHeaders(ReadOnlySpan<byte> body, List<KeyValuePair<string, string>>? into)
    {
        if (body.Length > EventLimits.MaxEventBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.EventTooLarge, $"The event takes {body.Length} bytes; the limit is {EventLimits.MaxEventBytes}.");
        }

        var cursor = new SpanCursor(body, "event");
        var flags = cursor.Byte("flags");
        if (flags == 0)
        {
            return 1;
        }

        if (flags != HasHeaders)
        {
            throw cursor.Malformed("flags", $"are {flags}; this version knows bit 0 only");
        }

        var count = cursor.Length(EventLimits.MaxHeaders, "header count");
        if (count == 0)
        {
            throw cursor.Malformed("header count", "is 0 where the flags announce headers");
        }

        for (var i = 0; i < count; i++)
        {
            var name = cursor.Bytes(cursor.Length(EventLimits.MaxHeaderBytes, "header name length"), "header name");
            var value = cursor.Bytes(cursor.Length(EventLimits.MaxHeaderBytes, "header value length"), "header value");
            CheckHeaderSize(name.Length, value.Length);
            if (!Utf8.IsValid(name) || !Utf8.IsValid(value))
            {
                throw cursor.Malformed("header", "is not UTF-8");
            }

            into?.Add(new(Utf8Text.UTF8.GetString(name), Utf8Text.UTF8.GetString(value)));
        }

        return cursor.Offset;
    }

    private static long MeasureHeader(string name, string value)
    {
        var nameBytes = Utf8Text.UTF8.GetByteCount(name);
        var valueBytes = Utf8Text.UTF8.GetByteCount(value);
        CheckHeaderSize(nameBytes, valueBytes);
        return Varint.Size((ulong)nameBytes) + nameBytes + Varint.Size((ulong)valueBytes) + valueBytes;
    }

    private static int WriteText(Span<byte> destination, string text)
    {
        var length = Varint.Write(destination, (ulong)Utf8Text.UTF8.GetByteCount(text));
        return length + Utf8Text.UTF8.GetBytes(text, destination[length..]);
    }

    private static void CheckHeaderCount(int count)
    {
        if (count > EventLimits.MaxHeaders)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidHeaders, $"The event has {count} headers; the limit is {EventLimits.MaxHeaders}.");
        }
    }

    private static void CheckHeaderSize(int nameBytes, int valueBytes)
    {
        if (nameBytes == 0 || nameBytes + valueBytes > EventLimits.MaxHeaderBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidHeaders,
                $"A header has a name of {nameBytes} and a value of {valueBytes} bytes; it needs a name and at most {EventLimits.MaxHeaderBytes} in all.");
        }
    }
}
