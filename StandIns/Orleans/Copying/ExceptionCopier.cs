// Copies exceptions: their common parts, and what a type of its own declares.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace EventMesh.StandIns.Copying;

/// <summary>The copy has the type, message, inner exceptions, code, data and stack trace of the original.</summary>
internal sealed class ExceptionCopier<T> : Copier<T>
    where T : Exception
{
    public override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return null!;
        }

        if (value.GetType() != typeof(T))
        {
            return (T)CopierTable.Of(context.Mode).Get(value.GetType()).CopyObject(value, context);
        }

        if (context.TryGetCopy(value, out T known))
        {
            return known;
        }

        T copy = value is AggregateException aggregate
            ? (T)(Exception)new AggregateException(aggregate.InnerExceptions.Select(context.Copy))
            : Instances.Create<T>();
        context.Record(value, copy);
        ExceptionCopying.CopyCommonParts(value, copy, context);
        if (SerializableMembers.IsSerializable(typeof(T)))
        {
            ExceptionCopying.MembersOf<T>(context.Mode)(value, copy, context);
        }

        return copy;
    }
}

internal static class ExceptionCopying
{
    private static readonly string[] KnownNamespaces = ["System", "Microsoft", "Azure"];
    private static readonly ConcurrentDictionary<(Type, CopyMode), Delegate> Members = new();

    /// <summary>Exceptions of the framework cross without attributes, others need [GenerateSerializer].</summary>
    public static bool HasCodec(Type type) => SerializableMembers.IsSerializable(type)
        || (type.Namespace is { } name && Array.Exists(KnownNamespaces, known => name.StartsWith(known, StringComparison.Ordinal)));

    public static CopyClassMembers<T> MembersOf<T>(CopyMode mode)
        where T : Exception =>
        (CopyClassMembers<T>)Members.GetOrAdd(
            (typeof(T), mode), static key => new MemberCopying(key.Item1, key.Item2).EmitForClass<T>());

    public static void CopyCommonParts(Exception from, Exception to, CopyContext context)
    {
        MessageOf(to) = from.Message;
        if (from is not AggregateException)
        {
            InnerOf(to) = context.Copy(from.InnerException);
        }

        to.HResult = from.HResult;
        foreach (DictionaryEntry entry in from.Data)
        {
            to.Data[context.Copy(entry.Key)] = context.Copy(entry.Value);
        }

        if (from.StackTrace is { } stackTrace)
        {
            ExceptionDispatchInfo.SetRemoteStackTrace(to, stackTrace);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? MessageOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerException")]
    private static extern ref Exception? InnerOf(Exception exception);
}
