using Orleans;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface IEchoGrain : IGrainWithStringKey
{
    Task<string> SayAsync(string text);

    Task<Basket> KeepAsync(Basket basket);

    /// <summary>The basket that was kept, and after it the grain changes its own.</summary>
    Task<Basket> TakeAndChangeAsync();

    Task<int> CountKeptAsync();

    Task<Ticket> ReturnAsync(Ticket ticket);

    Task<Label> ReturnAsync(Label label);

    Task<Forgetful> ReturnAsync(Forgetful value);

    Task<Shape> ReturnAsync(Shape shape);

    Task<object> ReturnAsync(object value);

    Task<Foreign> ReturnAsync(Foreign value);

    ValueTask<ReadOnlyMemory<byte>> ReturnAsync(ReadOnlyMemory<byte> bytes);

    ValueTask DoNothingAsync();

    /// <summary>Returns what has no serializer; a signature that said so would keep the silo from starting.</summary>
    Task<object> ReturnOpaqueAsync();

    Task FailAsync(string kind);

    Task<string> WhereAsync();

    Task<string> CallOtherAsync(IEchoGrain other, string text);
}
