// A method of a grain interface, checked.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;

using EventMesh.StandIns.Calls;

namespace EventMesh.StandIns.Proxies;

/// <summary>What the real code generator refuses at build time is refused when the first proxy is made.</summary>
internal sealed class GrainMethod
{
    public GrainMethod(Type interfaceType, MethodInfo method)
    {
        Interface = interfaceType;
        Method = method;
        Parameters = method.GetParameters();
        Type returned = method.ReturnType;
        Type? open = returned.IsConstructedGenericType ? returned.GetGenericTypeDefinition() : null;
        bool hasResult = open == typeof(Task<>) || open == typeof(ValueTask<>);
        if (!hasResult && returned != typeof(Task) && returned != typeof(ValueTask) && returned != typeof(void))
        {
            throw Refuse("must return Task, ValueTask, or one of these with a result");
        }

        if (method.IsSpecialName || method.IsGenericMethodDefinition)
        {
            throw Refuse("is a property, an event or generic, and a proxy has none of these");
        }

        if (Array.Exists(Parameters, parameter => parameter.ParameterType.IsByRef))
        {
            throw Refuse("has a parameter by reference");
        }

        if (Parameters.Count(parameter => parameter.ParameterType == typeof(CancellationToken)) > 1)
        {
            throw Refuse("has more than one cancellation token");
        }

        IsValueTask = returned == typeof(ValueTask) || open == typeof(ValueTask<>);
        ResultType = hasResult ? returned.GetGenericArguments()[0] : null;
    }

    public Type Interface { get; }

    public MethodInfo Method { get; }

    public ParameterInfo[] Parameters { get; }

    public bool IsValueTask { get; }

    public bool IsVoid => Method.ReturnType == typeof(void);

    public Type? ResultType { get; }

    /// <summary>The base of the emitted call.</summary>
    public Type CallType => ResultType is null ? typeof(TaskCall) : typeof(TaskCall<>).MakeGenericType(ResultType);

    /// <summary>The task of the base call.</summary>
    public Type TaskType => ResultType is null ? typeof(Task) : typeof(Task<>).MakeGenericType(ResultType);

    public ParameterInfo? Token => Array.Find(Parameters, parameter => parameter.ParameterType == typeof(CancellationToken));

    public static List<GrainMethod> Of(Type interfaceType) =>
        [.. interfaceType.GetInterfaces().Append(interfaceType)
            .SelectMany(contract => contract.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Where(method => method.IsAbstract)
                .Select(method => new GrainMethod(contract, method)))];

    private NotSupportedException Refuse(string why) => new($"{Interface}.{Method.Name} {why}.");
}
