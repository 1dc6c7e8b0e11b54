namespace EventMesh.Cli;

/// <summary>What the tool ends with.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The node refused, could not be reached, or what was checked is not well.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;
}
