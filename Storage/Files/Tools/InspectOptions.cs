using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Tools;

/// <summary>What <see cref="FileLogTools.Inspect"/> looks for.</summary>
public sealed class InspectOptions
{
    /// <summary>Whether topics are described; that reads a section of a footer each. Default: no.</summary>
    public bool WantsTopics { get; set; }

    /// <summary>Only topics that match are described. Default: all.</summary>
    public TopicPattern? Pattern { get; set; }
}
