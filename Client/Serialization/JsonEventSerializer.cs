using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace EventMesh.Client.Serialization;

/// <summary>The default serializer: System.Text.Json with web names. A type is known by its full name unless it was given another.</summary>
public sealed class JsonEventSerializer : IEventSerializer
{
    private readonly JsonSerializerOptions _options;
    private readonly ConcurrentDictionary<Type, string> _names = new();

    /// <summary>Creates a serializer; <paramref name="options"/> null means web defaults.</summary>
    public JsonEventSerializer(JsonSerializerOptions? options = null) => _options = options ?? JsonSerializerOptions.Web;

    /// <inheritdoc/>
    public string ContentType => "application/json";

    /// <summary>Gives <typeparamref name="T"/> a name that does not change with its namespace.</summary>
    public JsonEventSerializer WithName<T>(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _names[typeof(T)] = name;
        return this;
    }

    /// <inheritdoc/>
    public string TypeNameOf(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return _names.TryGetValue(type, out var name) ? name : type.FullName ?? type.Name;
    }

    /// <inheritdoc/>
    public void Serialize<T>(T value, IBufferWriter<byte> destination)
    {
        using var writer = new Utf8JsonWriter(destination);
        JsonSerializer.Serialize(writer, value, _options);
    }

    /// <inheritdoc/>
    public bool TryDeserialize<T>(ReadOnlyMemory<byte> payload, string? contentType, string? typeName, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (contentType != ContentType || (typeName is not null && typeName != TypeNameOf(typeof(T))))
        {
            return false;
        }

        try
        {
            value = JsonSerializer.Deserialize<T>(payload.Span, _options);
            return value is not null;
        }
        catch (JsonException)
        {
            // The contract: what cannot be read arrives as bytes.
            return false;
        }
    }
}
