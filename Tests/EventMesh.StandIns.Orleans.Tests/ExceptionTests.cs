using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.Serialization;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class ExceptionTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private IEchoGrain InSilo => _cluster.Silos[0].GrainsOf().GetGrain<IEchoGrain>(TestClusters.NewKey());

    private IEchoGrain OverWire => _cluster.Client.GetGrain<IEchoGrain>(TestClusters.NewKey());

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenGrainThrowsAFrameworkException_CallerSeesTypeMessageAndCause(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.FailAsync("framework"));

        Assert.Equal("of the framework", error.Message);
        Assert.Equal("inside", Assert.IsType<FormatException>(error.InnerException).Message);
        Assert.Contains(nameof(EchoGrain.FailAsync), error.StackTrace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenGrainThrowsAnExceptionWithASerializer_CallerSeesItsMembers(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;

        KnownException error = await Assert.ThrowsAsync<KnownException>(() => grain.FailAsync("known"));

        Assert.Equal(("with a serializer", 42), (error.Message, error.Code));
        Assert.Equal("inside", error.InnerException!.Message);
    }

    [Fact]
    public async Task Call_WhenGrainInTheSameSiloThrowsAnExceptionWithoutSerializer_CallerSeesIt()
    {
        IEchoGrain grain = InSilo;

        UnknownException error = await Assert.ThrowsAsync<UnknownException>(() => grain.FailAsync("unknown"));

        Assert.Equal("without a serializer", error.Message);
    }

    [Fact]
    public async Task Call_WhenGrainElsewhereThrowsAnExceptionWithoutSerializer_CallerSeesThatItHasNone()
    {
        IEchoGrain grain = OverWire;

        CodecNotFoundException error = await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.FailAsync("unknown"));

        Assert.Contains(nameof(UnknownException), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenGrainThrowsCancellation_CallerSeesIt(bool inSilo)
    {
        IEchoGrain grain = inSilo ? InSilo : OverWire;

        await Assert.ThrowsAsync<OperationCanceledException>(() => grain.FailAsync("cancelled"));
    }
}
