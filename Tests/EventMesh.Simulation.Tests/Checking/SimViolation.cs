namespace EventMesh.Simulation.Tests.Checking;

/// <summary>A promise was broken.</summary>
internal sealed class SimViolation(string message) : Exception(message);
