// The proxies of grain and observer interfaces.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;

using EventMesh.StandIns.Calls;

using Orleans.Runtime;

namespace EventMesh.StandIns.Proxies;

/// <summary>Emitted once per interface; a call through a proxy uses no reflection. Bounded by the interfaces of the program.</summary>
internal static class ProxyTypes
{
    private static readonly ConcurrentDictionary<Type, ProxyFactory> Factories = new();

    /// <exception cref="NotSupportedException">The interface has a member that a grain cannot have.</exception>
    public static ProxyFactory Get(Type interfaceType) =>
        Factories.TryGetValue(interfaceType, out ProxyFactory? factory) ? factory : Factories.GetOrAdd(interfaceType, Create);

    private static ProxyFactory Create(Type interfaceType)
    {
        if (!interfaceType.IsInterface || !typeof(IAddressable).IsAssignableFrom(interfaceType))
        {
            throw new ArgumentException($"{interfaceType} is not the interface of a grain or observer.", nameof(interfaceType));
        }

        if (interfaceType.IsGenericType)
        {
            throw new NotSupportedException($"{interfaceType}: generic grain interfaces need DependencySet=packages.");
        }

        lock (DynamicModule.Gate)
        {
            return new ProxyFactory(interfaceType, new ProxyEmitter(interfaceType).Emit());
        }
    }
}

internal sealed class ProxyFactory
{
    private readonly Func<ICallSender, GrainId, GrainReference> _create;

    public ProxyFactory(Type interfaceType, Type proxyType)
    {
        InterfaceType = interfaceType;
        ConstructorInfo constructor = proxyType.GetConstructors()[0];
        DynamicMethod create = new(
            "Create", typeof(GrainReference), [typeof(ICallSender), typeof(GrainId)], typeof(ProxyFactory).Module, skipVisibility: true);
        ILGenerator il = create.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Newobj, constructor);
        il.Emit(OpCodes.Ret);
        _create = create.CreateDelegate<Func<ICallSender, GrainId, GrainReference>>();
    }

    public Type InterfaceType { get; }

    public GrainReference Create(ICallSender sender, GrainId grainId)
    {
        GrainReference reference = _create(sender, grainId);
        reference.ProxyInterface = InterfaceType;
        return reference;
    }
}
