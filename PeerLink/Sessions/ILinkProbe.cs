namespace EventMesh.PeerLink.Sessions;

/// <summary>Hears which branches a session takes, so that a simulation can tell which it has never driven.</summary>
public interface ILinkProbe
{
    /// <summary>Called each time <paramref name="branch"/> is taken.</summary>
    void Hit(LinkBranch branch);
}

/// <summary>A probe that hears nothing.</summary>
internal sealed class SilentProbe : ILinkProbe
{
    public static SilentProbe Instance { get; } = new();

    public void Hit(LinkBranch branch)
    {
    }
}
