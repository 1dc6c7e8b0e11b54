using System.Globalization;
using EventMesh.Client.Events;

namespace EventMesh.Cli.Demo;

/// <summary>Compares what one subscriber gets with what the file says that it must get. One thread adds, any thread reads the counts.</summary>
internal sealed class DeliveryCheck
{
    /// <summary>The header that says which line of the file an event is. The payload's hash must agree with it.</summary>
    public const string LineHeader = "line";

    private readonly IReadOnlyList<Flight> _flights;
    private readonly HashSet<int> _missing;
    private readonly HashSet<int> _seen = [];
    private readonly Dictionary<string, int> _lastLine = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeliveryCheck(string node, string pattern, IReadOnlyList<Flight> flights)
    {
        Node = node;
        Pattern = pattern;
        _flights = flights;
        _missing = [.. flights.Where(flight => NaiveMatcher.Matches(pattern, flight.Topic.Value)).Select(static flight => flight.Line)];
        Expected = _missing.Count;
    }

    public string Node { get; }

    public string Pattern { get; }

    public int Expected { get; }

    /// <summary>Flights that arrived, whole, and were expected.</summary>
    public int Delivered { get; private set; }

    /// <summary>Flights that arrived again.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Flights of a topic that arrived after one that was published later.</summary>
    public int OrderViolations { get; private set; }

    /// <summary>Events whose bytes are not those of their line, or that nobody asked for.</summary>
    public int Wrong { get; private set; }

    public int Gaps { get; private set; }

    public int Lost => Expected - Delivered;

    /// <summary>Ends when everything that was expected has arrived.</summary>
    public Task Complete => _complete.Task;

    /// <summary>Takes an event; the line that it is, or null if it is none.</summary>
    public int? Add(MeshEvent item)
    {
        if (item.IsGap)
        {
            Gaps++;
            return null;
        }

        if (!int.TryParse(item.Header(LineHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var line) ||
            line >= _flights.Count || _flights[line].Topic != item.Topic || FlightSample.Hash(item.Payload.Span) != _flights[line].Hash)
        {
            Wrong++;
            return null;
        }

        if (_lastLine.TryGetValue(item.Topic.Value, out var last) && line < last)
        {
            OrderViolations++;
        }

        _lastLine[item.Topic.Value] = line;
        Count(line);
        return line;
    }

    private void Count(int line)
    {
        if (!_seen.Add(line))
        {
            Duplicates++;
        }
        else if (!_missing.Remove(line))
        {
            Wrong++;
        }
        else
        {
            Delivered++;
            if (_missing.Count == 0)
            {
                _complete.TrySetResult();
            }
        }
    }
}
