namespace EventMesh.Hosting.Node;

/// <summary>Which directory a node's store on files has. It has two names in the configuration: its own, and the one that eventmesh-go gives it.</summary>
internal static class DataDirectory
{
    /// <summary>Where stores lie for which no directory is configured, each in a directory of its node's id.</summary>
    public const string DefaultParent = "eventmesh-data";

    public const string PathKey = $"{EventMeshStorageOptions.Section}:{nameof(EventMeshStorageOptions.Path)}";

    public const string KindKey = $"{EventMeshStorageOptions.Section}:{nameof(EventMeshStorageOptions.Kind)}";

    public const string EventLogPathKey = $"{EventMeshOptions.Section}:{nameof(EventMeshOptions.EventLogPath)}";

    /// <summary>The path of options that <see cref="Check"/> has nothing against; relative ones lie below the current directory.</summary>
    public static string Of(EventMeshOptions options) => Path.GetFullPath(Configured(options) ?? Path.Combine(DefaultParent, options.NodeId));

    /// <summary>What is wrong with the keys that say where events are kept: the key, and the rule that is broken.</summary>
    public static IEnumerable<(string Key, string Rule)> Check(EventMeshOptions options)
    {
        var (kind, path, eventLogPath) = (options.Storage.Kind, options.Storage.Path, options.EventLogPath);
        if (!Enum.IsDefined(kind))
        {
            yield return (KindKey, $"'{kind}' must be files or memory.");
        }

        if (Configured(options) is not { } configured)
        {
            // Else the store would lie beside the stores of others, or above them.
            if (kind == StorageKind.Files && options.NodeId is "." or "..")
            {
                yield return (PathKey, $"there is no directory of the name '{options.NodeId}'; give one for this node id.");
            }

            yield break;
        }

        var key = IsGiven(path) ? PathKey : EventLogPathKey;
        if (IsGiven(path) && IsGiven(eventLogPath))
        {
            yield return (EventLogPathKey, $"it is another name of {PathKey}, and both are given; leave one of them out.");
        }
        else if (kind == StorageKind.Memory)
        {
            yield return (key, $"a directory is given, but {KindKey} is memory, which keeps nothing in one; leave one of them out.");
        }

        if (configured.IndexOfAny(Path.GetInvalidPathChars()) >= 0)
        {
            yield return (key, "it holds a character that no path may have.");
        }
    }

    private static string? Configured(EventMeshOptions options) =>
        IsGiven(options.Storage.Path) ? options.Storage.Path : IsGiven(options.EventLogPath) ? options.EventLogPath : null;

    private static bool IsGiven(string? path) => !string.IsNullOrWhiteSpace(path);
}
