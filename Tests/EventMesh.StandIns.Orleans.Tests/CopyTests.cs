using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.Serialization;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class CopyTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private IEchoGrain InSilo => _cluster.Silos[0].GrainsOf().GetGrain<IEchoGrain>(TestClusters.NewKey());

    private IEchoGrain OverWire => _cluster.Client.GetGrain<IEchoGrain>(TestClusters.NewKey());

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenArgumentIsMutable_GivesTheCalleeACopy(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;
        Basket mine = new() { Items = ["mine"], Numbers = [1, 2], Inner = new Basket { Items = ["inner"] } };

        Task<Basket> call = grain.KeepAsync(mine);
        mine.Items.Add("after the call");
        Basket answer = await call;

        Assert.Equal(["mine", "after the call"], mine.Items);
        Assert.Equal(["mine", "by the grain"], answer.Items);
        Assert.Equal(["inner"], answer.Inner!.Items);
        Assert.Equal([1, 2], answer.Numbers);
        Assert.NotSame(mine.Inner, answer.Inner);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenResultIsMutable_GivesTheCallerACopy(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;
        await grain.KeepAsync(new Basket());

        Basket first = await grain.TakeAndChangeAsync();
        first.Items.Add("by the caller");
        int kept = await grain.CountKeptAsync();

        Assert.Equal(["by the grain", "by the caller"], first.Items);
        Assert.Equal(2, kept);
    }

    [Fact]
    public async Task Call_WhenTypeIsImmutableAndCalleeIsInTheSameSilo_SharesTheObject()
    {
        Ticket ticket = new("t", [1, 2, 3]);

        Ticket answer = await InSilo.ReturnAsync(ticket);

        Assert.Same(ticket, answer);
    }

    [Fact]
    public async Task Call_WhenTypeIsImmutableAndCalleeIsElsewhere_CarriesIt()
    {
        Ticket ticket = new("t", [1, 2, 3]);

        Ticket answer = await OverWire.ReturnAsync(ticket);

        Assert.NotSame(ticket, answer);
        Assert.Equal("t", answer.Name);
        Assert.Equal([1, 2, 3], answer.Seal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenRecordIsPositional_CarriesItsParametersWithoutIds(bool inSilo)
    {
        Label label = new("a", [1]);

        Label answer = await (inSilo ? InSilo : OverWire).ReturnAsync(label);

        Assert.Equal("a", answer.Text);
        Assert.Equal([1], answer.Marks);
        Assert.NotSame(label.Marks, answer.Marks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenMemberHasNoId_LeavesItBehind(bool inSilo)
    {
        Forgetful answer = await (inSilo ? InSilo : OverWire).ReturnAsync(new Forgetful { Kept = "kept", Lost = "changed" });

        Assert.Equal("kept", answer.Kept);
        Assert.Equal("as constructed", answer.Lost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenValueIsOfADerivedType_KeepsItsType(bool inSilo)
    {
        Shape answer = await (inSilo ? InSilo : OverWire).ReturnAsync(new Circle { Name = "c", Radius = 2 });

        Circle circle = Assert.IsType<Circle>(answer);
        Assert.Equal(("c", 2.0), (circle.Name, circle.Radius));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenArgumentIsAnObject_CopiesWhatItIs(bool inSilo)
    {
        Dictionary<string, List<int?>> value = new() { ["a"] = [1, null] };

        object answer = await (inSilo ? InSilo : OverWire).ReturnAsync((object)value);

        Dictionary<string, List<int?>> copy = Assert.IsType<Dictionary<string, List<int?>>>(answer);
        Assert.NotSame(value, copy);
        Assert.NotSame(value["a"], copy["a"]);
        Assert.Equal([1, null], copy["a"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenObjectsFormACycle_KeepsItsShape(bool inSilo)
    {
        Basket basket = new();
        basket.Inner = basket;

        Basket answer = await (inSilo ? InSilo : OverWire).KeepAsync(basket);

        Assert.Same(answer, answer.Inner);
        Assert.NotSame(basket, answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenTypeHasAConverter_UsesIt(bool inSilo)
    {
        Foreign answer = await (inSilo ? InSilo : OverWire).ReturnAsync(new Foreign("x", 7));

        Assert.Equal(new Foreign("x", 7), answer);
    }

    [Fact]
    public async Task Call_WhenArgumentIsMemory_CopiesItsBytes()
    {
        byte[] bytes = [1, 2, 3, 4];
        ValueTask<ReadOnlyMemory<byte>> call = InSilo.ReturnAsync(bytes.AsMemory(1, 2));
        bytes[1] = 99;

        ReadOnlyMemory<byte> answer = await call;

        Assert.Equal([2, 3], answer.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenArgumentHasNoSerializer_Throws(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;

        CodecNotFoundException error = await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.ReturnAsync((object)new Opaque()));

        Assert.Contains(nameof(Opaque), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenResultHasNoSerializer_Throws(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;

        await Assert.ThrowsAsync<CodecNotFoundException>(grain.ReturnOpaqueAsync);
    }

    [Fact]
    public async Task Call_WhenArgumentIsAReference_CalleeCanUseIt()
    {
        IEchoGrain other = _cluster.Client.GetGrain<IEchoGrain>("other");

        string answer = await OverWire.CallOtherAsync(other, "hello");

        Assert.Equal("other says hello", answer);
    }

    [Fact]
    public async Task Call_WhenMethodReturnsValueTask_Ends()
    {
        await InSilo.DoNothingAsync();
        await OverWire.DoNothingAsync();
    }
}
