// The errors of copying a value across a call.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Serialization;

[GenerateSerializer]
public class SerializerException : Exception
{
    public SerializerException()
    {
    }

    public SerializerException(string message)
        : base(message)
    {
    }

    public SerializerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A type that has no serializer was an argument, a result or a part of one.</summary>
[GenerateSerializer]
public sealed class CodecNotFoundException(string message) : SerializerException(message);
