// The identity of a silo: its endpoint and the generation of its start.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Orleans.Runtime;

/// <summary>Written as "address:port@generation". A greater generation is a later start of the same endpoint.</summary>
[Immutable]
public sealed class SiloAddress : IEquatable<SiloAddress>, IComparable<SiloAddress>, IParsable<SiloAddress>
{
    private static readonly DateTimeOffset Epoch = new(2022, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static long _lastGeneration;

    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    public static SiloAddress Zero { get; } = New(new IPAddress(0), 0, 0);

    public IPEndPoint Endpoint { get; }

    public int Generation { get; }

    /// <summary>Clients have negative generations.</summary>
    public bool IsClient => Generation < 0;

    public static SiloAddress New(IPEndPoint ep, int gen)
    {
        ArgumentNullException.ThrowIfNull(ep);
        return New(ep.Address, ep.Port, gen);
    }

    public static SiloAddress New(IPAddress address, int port, int generation)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new SiloAddress(new IPEndPoint(plain, port), generation);
    }

    /// <summary>Seconds since 2022, and greater than any that this process has given out.</summary>
    public static int AllocateNewGeneration()
    {
        long seconds = (long)(TimeProvider.System.GetUtcNow() - Epoch).TotalSeconds;
        while (true)
        {
            long last = Interlocked.Read(ref _lastGeneration);
            long next = Math.Max(seconds, last + 1);
            if (Interlocked.CompareExchange(ref _lastGeneration, next, last) == last)
            {
                return unchecked((int)next);
            }
        }
    }

    public static SiloAddress FromParsableString(string addr) => Parse(addr);

    public static SiloAddress Parse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return TryParse(value, out SiloAddress? result)
            ? result
            : throw new FormatException($"\"{value}\" is no silo address: expected address:port@generation.");
    }

    static SiloAddress IParsable<SiloAddress>.Parse(string value, IFormatProvider? provider) => Parse(value);

    static bool IParsable<SiloAddress>.TryParse(
        [NotNullWhen(true)] string? value, IFormatProvider? provider, [MaybeNullWhen(false)] out SiloAddress result) =>
        TryParse(value, out result);

    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out SiloAddress? result)
    {
        result = null;
        int at = value is null ? -1 : value.LastIndexOf('@');
        int colon = at <= 0 ? -1 : value!.LastIndexOf(':', at - 1);
        if (colon <= 0
            || !IPAddress.TryParse(value.AsSpan(0, colon), out IPAddress? host)
            || !ushort.TryParse(value.AsSpan(colon + 1, at - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || !int.TryParse(value.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int generation))
        {
            return false;
        }

        result = New(host, port, generation);
        return true;
    }

    /// <summary>True where <paramref name="other"/> is a later start of the same endpoint.</summary>
    public bool IsPredecessorOf(SiloAddress other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Generation < other.Generation && Endpoint.Equals(other.Endpoint);
    }

    /// <summary>True where <paramref name="other"/> is an earlier start of the same endpoint.</summary>
    public bool IsSuccessorOf(SiloAddress other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.IsPredecessorOf(this);
    }

    public int CompareTo(SiloAddress? other)
    {
        if (other is null)
        {
            return 1;
        }

        int byGeneration = Generation.CompareTo(other.Generation);
        if (byGeneration != 0)
        {
            return byGeneration;
        }

        int byPort = Endpoint.Port.CompareTo(other.Endpoint.Port);
        return byPort != 0
            ? byPort
            : Endpoint.Address.GetAddressBytes().AsSpan().SequenceCompareTo(other.Endpoint.Address.GetAddressBytes());
    }

    public bool Equals(SiloAddress? other) =>
        other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    public override bool Equals(object? obj) => Equals(obj as SiloAddress);

    public override int GetHashCode() => HashCode.Combine(Endpoint, Generation);

    public string ToParsableString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint.Address}:{Endpoint.Port}@{Generation}");

    public override string ToString() => $"{(IsClient ? "C" : "S")}{Endpoint}:{Generation.ToString(CultureInfo.InvariantCulture)}";
}
