namespace Quorate.Simulation.Worlds;

/// <summary>The power went in the middle of a disk operation. Nothing but the simulated machine may catch it.</summary>
internal sealed class SimulatedPowerLoss() : Exception("the simulated machine lost power");
