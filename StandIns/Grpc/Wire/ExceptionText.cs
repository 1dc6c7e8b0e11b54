// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
namespace Grpc.Wire;

/// <summary>An exception and its causes in one line, for status details.</summary>
internal static class ExceptionText
{
    public static string Of(Exception exception)
    {
        var parts = new List<string>();
        for (var current = exception; current is not null; current = current.InnerException)
        {
            parts.Add($"{current.GetType().Name}: {current.Message}");
        }

        return string.Join(" ", parts);
    }
}
