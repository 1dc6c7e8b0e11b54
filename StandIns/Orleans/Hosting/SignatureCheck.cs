// Finds grain methods that no call could be made of.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;

using EventMesh.StandIns.Copying;

using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization;

namespace EventMesh.StandIns.Hosting;

/// <summary>Run at the start of a silo in the Development environment, as test clusters are: there a missing serializer is an error at once.</summary>
internal static class SignatureCheck
{
    public static void Validate(GrainTypeOptions types)
    {
        string[] complaints = [.. FindComplaints(types.Interfaces)];
        if (complaints.Length > 0)
        {
            throw new OrleansConfigurationException(
                "Found unserializable or uncopyable types which are being referenced in grain interface signatures:\n"
                + string.Join('\n', complaints));
        }
    }

    public static IEnumerable<string> FindComplaints(IEnumerable<Type> interfaces) =>
        from contract in interfaces
        from method in contract.GetMethods(BindingFlags.Instance | BindingFlags.Public)
        from type in TypesOf(method)
        where !type.IsByRef && !type.ContainsGenericParameters && !HasCopiers(type)
        select $"{contract}.{method.Name}: {type} has no serializer.";

    private static IEnumerable<Type> TypesOf(MethodInfo method)
    {
        Type returned = method.ReturnType;
        bool hasResult = returned.IsConstructedGenericType
            && (returned.GetGenericTypeDefinition() == typeof(Task<>) || returned.GetGenericTypeDefinition() == typeof(ValueTask<>));
        IEnumerable<Type> parameters = method.GetParameters().Select(parameter => parameter.ParameterType);
        return hasResult ? parameters.Append(returned.GetGenericArguments()[0]) : parameters;
    }

    private static bool HasCopiers(Type type)
    {
        try
        {
            _ = CopierTable.Local.Get(type);
            _ = CopierTable.Wire.Get(type);
            return true;
        }
        catch (CodecNotFoundException)
        {
            // That there is none is the answer.
            return false;
        }
    }
}
