using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EventMesh.Client.Events;
using EventMesh.Core.Errors;

namespace EventMesh.Cli.Output;

/// <summary>Writes an event as one line.</summary>
internal static class EventLine
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For people: place, identity, payload.</summary>
    public static string ForPeople(MeshEvent item)
    {
        var what = item.Gap switch
        {
            null => Text(item.Payload.Span),
            { Origin.IsEmpty: true } gap => $"-- gap: #{item.Offset} up to #{item.Next} are gone ({gap.Reason}) --",
            { } gap => $"-- gap: events of {gap.Origin} up to {gap.To} will not come ({gap.Reason}) --",
        };
        var time = item.Time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        return $"{time}  {item.Topic}  #{item.Offset}  {item.Origin}/{item.Position.Sequence}  {what}";
    }

    /// <summary>For programs: the payload as JSON where it is JSON, else in base64.</summary>
    public static string ForPrograms(MeshEvent item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("topic", item.Topic.Value);
            json.WriteNumber("offset", item.Offset.Value);
            json.WriteString("origin", item.Origin.Value);
            json.WriteNumber("incarnation", item.Position.Incarnation.Value);
            json.WriteNumber("sequence", item.Position.Sequence);
            json.WriteString("time", item.Time.UtcDateTime);
            if (item.IsGap)
            {
                WriteGap(json, item);
            }
            else
            {
                WriteContent(json, item);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteGap(Utf8JsonWriter json, MeshEvent item)
    {
        json.WriteStartObject("gap");
        json.WriteString("reason", item.Gap!.Reason.ToString());
        json.WriteNumber("nextOffset", item.Next.Value);
        json.WriteString("from", item.Gap.From.ToString());
        json.WriteString("to", item.Gap.To.ToString());
        if (item.Gap.Code != MeshErrorCode.None)
        {
            json.WriteString("code", item.Gap.Code.ToLabel());
        }

        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, MeshEvent item)
    {
        var headers = item.Headers;
        if (headers.Count > 0)
        {
            json.WriteStartArray("headers");
            foreach (var (name, value) in headers)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        if (TryParse(item.Payload, out var document))
        {
            using (document)
            {
                json.WritePropertyName("payload");
                document!.WriteTo(json);
            }
        }
        else
        {
            json.WriteBase64String("payloadBase64", item.Payload.Span);
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> payload, out JsonDocument? document)
    {
        document = null;
        try
        {
            document = JsonDocument.Parse(payload);
            return true;
        }
        catch (JsonException)
        {
            // Payloads may be anything; the other form carries those that are not JSON.
            return false;
        }
    }

    private static string Text(ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload);
        return text.Contains('�') || text.Any(char.IsControl) ? $"{payload.Length} bytes: {Convert.ToHexString(payload[..Math.Min(32, payload.Length)])}" : text;
    }
}
