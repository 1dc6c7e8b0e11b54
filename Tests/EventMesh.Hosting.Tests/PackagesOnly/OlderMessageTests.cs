using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces.Messages;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Serialization;

namespace EventMesh.Hosting.Tests.PackagesOnly;

/// <summary>Grain messages of the release before this one, in both directions: silos of both may be in one cluster.</summary>
public sealed class OlderMessageTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private Serializer Serializer => _services.GetRequiredService<Serializer>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void AppendRequest_OfAReleaseThatKnowsNoProducers_IsRead()
    {
        var read = Through<AppendRequestOfRelease0, AppendRequest>(new(2, [1, 2, 3], Durability.Os));

        Assert.Equal((2, Durability.Os, true, 0L), (read.Count, read.Durability, string.IsNullOrEmpty(read.Producer), read.ProducerSequence));
        Assert.Equal([1, 2, 3], read.Packed);
    }

    [Fact]
    public void AppendRequest_ReadByAReleaseThatKnowsNoProducers_IsTheSameWithoutIt()
    {
        var read = Through<AppendRequest, AppendRequestOfRelease0>(new(2, [1, 2, 3], Durability.Os, "shop", 7));

        Assert.Equal((2, Durability.Os), (read.Count, read.Durability));
        Assert.Equal([1, 2, 3], read.Packed);
    }

    [Fact]
    public void AppendReply_OfAReleaseThatKnowsNoProducers_IsRead()
    {
        var read = Through<AppendReplyOfRelease0, AppendReply>(new(MeshErrorCode.Busy, "wait", 5, 1, 2, 3, Durability.Disk));

        Assert.Equal(new AppendReply(MeshErrorCode.Busy, "wait", 5, 1, 2, 3, Durability.Disk), read);
    }

    private TTo Through<TFrom, TTo>(TFrom message) => Serializer.Deserialize<TTo>(Serializer.SerializeToArray(message))!;
}

/// <summary>As the first release has it.</summary>
[GenerateSerializer]
internal sealed record AppendRequestOfRelease0(
    [property: Id(0)] int Count,
    [property: Id(1)] byte[] Packed,
    [property: Id(2)] Durability Durability);

/// <summary>As the first release has it.</summary>
[GenerateSerializer]
internal sealed record AppendReplyOfRelease0(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] long RetryAfterMs,
    [property: Id(3)] long FirstOffset,
    [property: Id(4)] long Incarnation,
    [property: Id(5)] long FirstSequence,
    [property: Id(6)] Durability Durability);
