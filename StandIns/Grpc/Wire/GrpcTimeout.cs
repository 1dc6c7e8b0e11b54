// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Globalization;

namespace Grpc.Wire;

/// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const long MaxValue = 99_999_999;

    public static readonly TimeSpan Max = TimeSpan.FromSeconds(MaxValue);

    /// <summary>Rounds up, so that the server never gives up before the client does.</summary>
    public static string Encode(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        var milliseconds = DivideUp(timeout.Ticks, TimeSpan.TicksPerMillisecond);
        return milliseconds <= MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(DivideUp(milliseconds, 1000), MaxValue)}S");
    }

    /// <summary>False for a malformed or zero timeout, which is then ignored; longer ones are cut to <see cref="Max"/>.</summary>
    public static bool TryDecode(string? text, out TimeSpan timeout)
    {
        timeout = TimeSpan.Zero;
        if (text is not { Length: >= 2 }
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        timeout = text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds((long)value),
            'm' => TimeSpan.FromMilliseconds((long)value),
            'u' => TimeSpan.FromMicroseconds((long)value),
            'n' => TimeSpan.FromTicks(value / 100),
            _ => TimeSpan.Zero,
        };
        timeout = timeout > Max ? Max : timeout;
        return timeout > TimeSpan.Zero;
    }

    private static long DivideUp(long value, long divisor) => (value + divisor - 1) / divisor;
}
