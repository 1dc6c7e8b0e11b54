using System.Buffers;
using System.Runtime.CompilerServices;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Serialization;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Topics;

namespace EventMesh.Client;

/// <summary>Shorter forms of what <see cref="IMeshClient"/> does.</summary>
public static class MeshClientExtensions
{
    /// <summary>Publishes bytes to a topic given by name.</summary>
    public static ValueTask<Receipt> PublishAsync(
        this IMeshClient client,
        string topic,
        ReadOnlyMemory<byte> payload,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.PublishAsync(TopicName.Parse(topic), payload, options, cancellationToken);
    }

    /// <summary>Publishes bytes to a topic given by name.</summary>
    public static ValueTask<Receipt> PublishAsync(
        this IMeshClient client, string topic, byte[] payload, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        client.PublishAsync(topic, (ReadOnlyMemory<byte>)payload, options, cancellationToken);

    /// <summary>Publishes a value as the client's serializer encodes it, with headers that say how and what it is.</summary>
    public static ValueTask<Receipt> PublishAsync<T>(
        this IMeshClient client, string topic, T value, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= PublishOptions.Default;
        var payload = new ArrayBufferWriter<byte>();
        client.Serializer.Serialize(value, payload);
        var typed = options with
        {
            Headers =
            [
                new(EventHeaders.ContentType, client.Serializer.ContentType),
                new(EventHeaders.TypeName, client.Serializer.TypeNameOf(typeof(T))),
                .. options.Headers,
            ],
        };
        return client.PublishAsync(TopicName.Parse(topic), payload.WrittenMemory, typed, cancellationToken);
    }

    /// <summary>Opens a live subscription to a pattern given as text.</summary>
    public static ValueTask<IMeshSubscription> OpenSubscriptionAsync(
        this IMeshClient client, string pattern, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.OpenSubscriptionAsync(new SubscribeOptions { Patterns = [TopicPattern.Parse(pattern)] }, cancellationToken);
    }

    /// <summary>Subscribes live to a pattern given as text; the subscription opens when the enumeration begins and closes with it.</summary>
    public static IAsyncEnumerable<MeshEvent> SubscribeAsync(
        this IMeshClient client, string pattern, CancellationToken cancellationToken = default) =>
        client.SubscribeAsync(new SubscribeOptions { Patterns = [TopicPattern.Parse(pattern)] }, cancellationToken);

    /// <summary>Subscribes; the subscription opens when the enumeration begins and closes with it.</summary>
    public static async IAsyncEnumerable<MeshEvent> SubscribeAsync(
        this IMeshClient client, SubscribeOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        await using var subscription = await client.OpenSubscriptionAsync(options, cancellationToken);
        await foreach (var item in subscription.WithCancellation(cancellationToken))
        {
            yield return item;
        }
    }
}
