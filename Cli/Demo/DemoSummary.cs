namespace EventMesh.Cli.Demo;

/// <summary>What the demo found. It passes when nothing is lost, doubled, out of order or wrong.</summary>
internal sealed record DemoSummary
{
    public required int Published { get; init; }

    public required IReadOnlyList<SubscriberSummary> Subscribers { get; init; }

    public required int Expected { get; init; }

    public required int Delivered { get; init; }

    public required int Lost { get; init; }

    public required int Duplicates { get; init; }

    public required int OrderViolations { get; init; }

    /// <summary>Events whose bytes were not those that were published, or that were not asked for.</summary>
    public required int Wrong { get; init; }

    public required int Gaps { get; init; }

    /// <summary>Links that were made again after the cable was cut.</summary>
    public required long Reconnects { get; init; }

    public required double OutageSeconds { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Published a second, at the pace that was asked for and with the outage in it.</summary>
    public required double EventsPerSecond { get; init; }

    public required double DeliveriesPerSecond { get; init; }

    /// <summary>From publish to delivery; what waited for the cut cable counts with its whole wait.</summary>
    public required LatencySummary LatencyMs { get; init; }

    public bool Passed => Lost == 0 && Duplicates == 0 && OrderViolations == 0 && Wrong == 0;
}

/// <summary>One subscriber's part.</summary>
internal sealed record SubscriberSummary(string Node, string Pattern, int Expected, int Delivered);
