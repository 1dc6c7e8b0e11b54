using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;

namespace EventMesh.Cli.Demo;

/// <summary>Reads the sample and says which node each flight belongs to.</summary>
internal static class FlightSample
{
    private const int WestOf = -104;
    private const int EastOf = -87;

    public static async Task<IReadOnlyList<Flight>> LoadAsync(string directory, CancellationToken cancellationToken)
    {
        var longitudes = await LoadAirportsAsync(Path.Combine(directory, "airports.csv"), cancellationToken);
        var flights = new List<Flight>();
        await foreach (var line in File.ReadLinesAsync(Path.Combine(directory, "flights.ndjson"), cancellationToken))
        {
            flights.Add(Parse(line, flights.Count, longitudes));
        }

        return flights;
    }

    public static UInt128 Hash(ReadOnlySpan<byte> payload)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    private static async Task<Dictionary<string, int>> LoadAirportsAsync(string path, CancellationToken cancellationToken)
    {
        var longitudes = new Dictionary<string, int>();
        foreach (var line in (await File.ReadAllLinesAsync(path, cancellationToken)).Skip(1))
        {
            var fields = line.Split(',');
            longitudes[fields[0]] = int.Parse(fields[1], CultureInfo.InvariantCulture);
        }

        return longitudes;
    }

    private static Flight Parse(string line, int number, Dictionary<string, int> longitudes)
    {
        var payload = Encoding.UTF8.GetBytes(line);
        using var flight = JsonDocument.Parse(payload);
        var origin = flight.RootElement.GetProperty("origin").GetString()!;
        var destination = flight.RootElement.GetProperty("destination").GetString()!;
        if (!longitudes.TryGetValue(origin, out var longitude))
        {
            throw new EventMeshException(MeshErrorCode.InvalidConfiguration, $"flights.ndjson line {number + 1}: airports.csv does not know {origin}.");
        }

        var node = longitude <= WestOf ? "west" : longitude >= EastOf ? "east" : "central";
        return new Flight(number, TopicName.Parse($"flights.{origin}.{destination}"), node, payload, Hash(payload));
    }
}
