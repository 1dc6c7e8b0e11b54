// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Gives each call its service object: the container's if it knows the type, else one that is made and disposed with the call.</summary>
internal sealed class ServiceActivator<TService>
    where TService : class
{
    private readonly Lazy<ObjectFactory<TService>> _factory = new(static () => ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes));

    public Activation Activate(IServiceProvider services) =>
        services.GetService<TService>() is { } registered
            ? new Activation(registered, isOwned: false)
            : new Activation(_factory.Value(services, []), isOwned: true);

    /// <summary>A service object for the time of one call.</summary>
    public readonly struct Activation(TService service, bool isOwned) : IAsyncDisposable
    {
        public TService Service => service;

        public ValueTask DisposeAsync()
        {
            switch (isOwned ? service : null)
            {
                case IAsyncDisposable disposable:
                    return disposable.DisposeAsync();
                case IDisposable disposable:
                    disposable.Dispose();
                    return ValueTask.CompletedTask;
                default:
                    return ValueTask.CompletedTask;
            }
        }
    }
}
