namespace EventMesh.Silo;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It could not run: a port is taken, the log failed.</summary>
    public const int Failed = 1;

    /// <summary>It was asked for something that it cannot do: a flag or a configuration value.</summary>
    public const int Refused = 2;
}
