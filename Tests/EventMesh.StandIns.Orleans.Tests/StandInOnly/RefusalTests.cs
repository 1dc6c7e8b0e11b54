using EventMesh.StandIns.Copying;
using EventMesh.StandIns.Hosting;
using EventMesh.StandIns.Orleans.Tests.Grains;
using EventMesh.StandIns.Proxies;
using Orleans;
using Orleans.Serialization;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

/// <summary>What the real code generator refuses at build time, the stand-in refuses when it first meets it.</summary>
public sealed class RefusalTests
{
    /// <summary>Not a grain's, since no silo of this assembly would start with it.</summary>
    private interface INoGrain
    {
        Task<Opaque> TakeAsync(int number, List<string> texts, CancellationToken cancellationToken);

        ValueTask GiveAsync(Opaque value);
    }

    private interface IWithProperty : IGrainWithStringKey
    {
        int Value { get; }
    }

    private interface IWithPlainResult : IGrainWithStringKey
    {
        int Get();
    }

    private interface IWithReference : IGrainWithStringKey
    {
        Task GetAsync(ref int value);
    }

    private interface IWithTwoTokens : IGrainWithStringKey
    {
        Task GetAsync(CancellationToken first, CancellationToken second);
    }

    private interface IGenericMethod : IGrainWithStringKey
    {
        Task GetAsync<T>(T value);
    }

    private interface IGeneric<T> : IGrainWithStringKey
    {
        Task GetAsync(T value);
    }

    [Theory]
    [InlineData(typeof(IWithProperty))]
    [InlineData(typeof(IWithPlainResult))]
    [InlineData(typeof(IWithReference))]
    [InlineData(typeof(IWithTwoTokens))]
    [InlineData(typeof(IGenericMethod))]
    [InlineData(typeof(IGeneric<int>))]
    public void Proxy_WhenInterfaceHasWhatNoGrainHas_IsRefused(Type contract) =>
        Assert.Throws<NotSupportedException>(() => ProxyTypes.Get(contract));

    [Theory]
    [InlineData(typeof(SameIdTwice), "[Id(0)]")]
    [InlineData(typeof(NoIds), "none of its members")]
    [InlineData(typeof(NoSetter), "a getter and a setter")]
    public void Copy_WhenIdsAreWrong_IsRefused(Type type, string why)
    {
        SerializerException error = Assert.Throws<SerializerException>(() => CopierTable.Local.Get(type));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(DerivedOfPlain))]
    [InlineData(typeof(Action))]
    [InlineData(typeof(Stream))]
    public void Copy_WhenAPartHasNoSerializer_IsRefused(Type type) =>
        Assert.Throws<CodecNotFoundException>(() => CopyOf(type));

    [Fact]
    public void Copy_WhenTypeIsImmutableWithoutSerializer_IsSharedWithinASiloAndRefusedBetween()
    {
        PlainImmutable value = new();
        using CopyContext local = CopyContext.Rent(CopyMode.Local, null);

        Assert.Same(value, local.Copy(value));
        Assert.Throws<CodecNotFoundException>(() => CopierTable.Wire.Get(typeof(PlainImmutable)));
    }

    [Fact]
    public void SignatureCheck_WhenAMethodNamesATypeWithoutSerializer_NamesIt()
    {
        string[] complaints = [.. SignatureCheck.FindComplaints([typeof(INoGrain)])];

        Assert.Equal(2, complaints.Length);
        Assert.All(complaints, complaint => Assert.Contains(nameof(Opaque), complaint, StringComparison.Ordinal));
    }

    private static object CopyOf(Type type)
    {
        using CopyContext context = CopyContext.Rent(CopyMode.Local, null);
        object value = type == typeof(Stream) ? new MemoryStream() : type == typeof(Action) ? () => { } : new DerivedOfPlain();
        return context.Copy(value);
    }

    [GenerateSerializer]
    private sealed class SameIdTwice
    {
        [Id(0)]
        public int First { get; set; }

        [Id(0)]
        public int Second { get; set; }
    }

    [GenerateSerializer]
    private sealed class NoIds
    {
        public int Value { get; set; }
    }

    [GenerateSerializer]
    private sealed class NoSetter
    {
        private readonly int _value = 3;

        [Id(0)]
        public int Value => _value;
    }

    private class Plain
    {
        public int Value { get; set; }
    }

    [GenerateSerializer]
    private sealed class DerivedOfPlain : Plain
    {
        [Id(0)]
        public int More { get; set; }
    }

    [Immutable]
    private sealed class PlainImmutable;
}
