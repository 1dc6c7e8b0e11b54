// Provisional
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;

namespace EventMesh.StandIns.Calls
{
    internal interface ICallTarget;

    internal interface ICallSender
    {
        object CreateReference(Type interfaceType, GrainId grainId);
    }
}

namespace EventMesh.StandIns.Runtime
{
    internal static class RuntimeContext
    {
        public static Activation? Current => null;
    }

    internal sealed class Silo
    {
        public required SiloAddress Address { get; init; }

        public required IServiceProvider Services { get; init; }
    }

    internal sealed class Cluster;

    internal sealed class ApplicationParts
    {
        public static ApplicationParts Current { get; } = new();

        public IReadOnlyCollection<Type> GrainClasses { get; } = [];

        public IReadOnlyCollection<Type> GrainInterfaces { get; } = [];
    }

    internal sealed class Activation : IGrainContext
    {
        public required Silo Silo { get; init; }

        public GrainReference GrainReference => throw Pending();

        public GrainId GrainId => throw Pending();

        public object? GrainInstance => throw Pending();

        public IServiceProvider ActivationServices => throw Pending();

        public Task Deactivated => throw Pending();

        public static Activation Of(IGrainBase grain) => (Activation)grain.GrainContext;

        public void DeactivateOnIdle() => throw Pending();

        public void DelayDeactivation(TimeSpan timeSpan) => throw Pending();

        public IGrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options) => throw Pending();

        public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken) => throw Pending();

        public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

        private static NotSupportedException Pending() => new("The runtime of the stand-in is not there yet.");
    }
}

namespace EventMesh.StandIns.Hosting
{
    internal static class SiloServices
    {
        public static void Add(SiloBuilder builder) => throw new NotSupportedException($"{builder}: the runtime of the stand-in is not there yet.");
    }

    internal static class ClientServices
    {
        public static void Add(ClientBuilder builder) => throw new NotSupportedException($"{builder}: the runtime of the stand-in is not there yet.");
    }
}
