using EventMesh.Core.Events;

namespace EventMesh.Simulation.Tests.Checking;

/// <summary>Events that only their own node takes: they stand for a receiver's own limit, name rule or permission.</summary>
internal static class Poison
{
    private static ReadOnlySpan<byte> Mark => "poison "u8;

    public static byte[] Payload(string text) => [.. Mark, .. System.Text.Encoding.UTF8.GetBytes(text)];

    public static bool IsIn(ReadOnlyMemory<byte> body) => EventBody.Payload(body).Span.StartsWith(Mark);
}
