namespace EventMesh.Simulation.Tests.World;

/// <summary>The network between two nodes: how long frames take and whether any arrive.</summary>
internal sealed class SimRoute(Random random)
{
    private readonly List<SimConnection> _connections = [];

    /// <summary>Nothing arrives and nobody is told: a partition without a reset.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Added to every frame's way.</summary>
    public TimeSpan ExtraDelay { get; set; }

    /// <summary>Streams that have been opened over it and may still be open.</summary>
    public IReadOnlyList<SimConnection> Connections => _connections;

    public TimeSpan Delay() => TimeSpan.FromMilliseconds(0.2 + random.NextDouble() * 3) + ExtraDelay * random.NextDouble();

    public void Add(SimConnection connection) => _connections.Add(connection);

    public void Remove(SimConnection connection) => _connections.Remove(connection);

    public void Silence() => IsSilent = true;

    public void Heal()
    {
        IsSilent = false;
        ExtraDelay = TimeSpan.Zero;
        foreach (var connection in _connections.ToArray())
        {
            connection.ToListener.Deliver();
            connection.ToDialer.Deliver();
        }
    }
}

/// <summary>A stream: two pipes over one route.</summary>
internal sealed class SimConnection
{
    private readonly SimRoute _route;
    private int _ends = 2;

    public SimConnection(SimLoop loop, SimRoute route)
    {
        _route = route;
        ToListener = new SimPipe(loop, route);
        ToDialer = new SimPipe(loop, route);
        route.Add(this);
    }

    public SimPipe ToListener { get; }

    public SimPipe ToDialer { get; }

    /// <summary>Cuts the stream in both directions; a half-open one tells one side only.</summary>
    public void Break(bool tellDialer = true, bool tellListener = true)
    {
        ToListener.Break(tellListener);
        ToDialer.Break(tellDialer);
    }

    /// <summary>Ends the stream in both directions once what is under way has arrived.</summary>
    public void End()
    {
        ToListener.End();
        ToDialer.End();
    }

    /// <summary>One side is done with it.</summary>
    public void Leave()
    {
        if (--_ends == 0)
        {
            _route.Remove(this);
        }
    }
}
