using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public sealed class EchoGrain(ILocalSiloDetails silo) : Grain, IEchoGrain
{
    private Basket _kept = new();
    private Task _changing = Task.CompletedTask;

    public Task<string> SayAsync(string text) => Task.FromResult($"{this.GetPrimaryKeyString()} says {text}");

    public Task<Basket> KeepAsync(Basket basket)
    {
        _kept = basket;
        basket.Items.Add("by the grain");
        return Task.FromResult(basket);
    }

    public async Task<Basket> TakeAndChangeAsync()
    {
        Basket answer = _kept;
        await Task.Yield();
        _changing = Task.Factory.StartNew(
            () => _kept.Items.Add("after the answer"), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current);
        return answer;
    }

    public async Task<int> CountKeptAsync()
    {
        await _changing;
        return _kept.Items.Count;
    }

    public Task<Ticket> ReturnAsync(Ticket ticket) => Task.FromResult(ticket);

    public Task<Label> ReturnAsync(Label label) => Task.FromResult(label);

    public Task<Forgetful> ReturnAsync(Forgetful value) => Task.FromResult(value);

    public Task<Shape> ReturnAsync(Shape shape) => Task.FromResult(shape);

    public Task<object> ReturnAsync(object value) => Task.FromResult(value);

    public Task<Foreign> ReturnAsync(Foreign value) => Task.FromResult(value);

    public ValueTask<ReadOnlyMemory<byte>> ReturnAsync(ReadOnlyMemory<byte> bytes) => new(bytes);

    public ValueTask DoNothingAsync() => default;

    public Task<object> ReturnOpaqueAsync() => Task.FromResult<object>(new Opaque());

    public async Task FailAsync(string kind)
    {
        await Task.Yield();
        throw kind switch
        {
            "framework" => new InvalidOperationException("of the framework", new FormatException("inside")),
            "known" => new KnownException("with a serializer", 42, new FormatException("inside")),
            "unknown" => new UnknownException("without a serializer"),
            "cancelled" => new OperationCanceledException("cancelled by the grain"),
            _ => new ArgumentException($"No exception is called {kind}.", nameof(kind)),
        };
    }

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task<string> CallOtherAsync(IEchoGrain other, string text) => other.SayAsync(text);
}
