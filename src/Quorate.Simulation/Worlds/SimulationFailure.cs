namespace Quorate.Simulation.Worlds;

/// <summary>A simulated run found something that must never be.</summary>
public sealed class SimulationFailure(string message) : Exception(message);
