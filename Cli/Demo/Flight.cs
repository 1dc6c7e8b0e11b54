using EventMesh.Core.Topics;

namespace EventMesh.Cli.Demo;

/// <summary>One line of the sample.</summary>
/// <param name="Line">Its place in the file, from 0.</param>
/// <param name="Topic">Where it is published.</param>
/// <param name="Node">The node that it is published at.</param>
/// <param name="Payload">The line's bytes.</param>
/// <param name="Hash">What the payload must hash to wherever it arrives.</param>
internal sealed record Flight(int Line, TopicName Topic, string Node, byte[] Payload, UInt128 Hash);
