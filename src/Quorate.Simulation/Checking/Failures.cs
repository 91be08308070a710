namespace Quorate.Simulation.Checking;

/// <summary>Two nodes lead in one term, or order writes in one epoch; or two nodes follow different configurations of one
/// epoch.</summary>
internal sealed class ElectionSafetyFailure(string message) : SimulationFailure(message);

/// <summary>A node that begins to lead lacks an entry that was committed before. [Raft fig. 3]</summary>
internal sealed class LeaderCompletenessFailure(string message) : SimulationFailure(message);

/// <summary>Two nodes hold different entries of one index and one term or epoch. [Raft fig. 3]</summary>
internal sealed class LogMatchingFailure(string message) : SimulationFailure(message);

/// <summary>Two nodes committed different entries at one index, or made different states of equal logs. [Raft fig. 3]</summary>
internal sealed class StateMachineSafetyFailure(string message) : SimulationFailure(message);

/// <summary>A leader that works was deposed. [Raft §9.6]</summary>
internal sealed class LeaderStabilityFailure(string message) : SimulationFailure(message);

/// <summary>A node went back to an older epoch, or to an older map.</summary>
internal sealed class EpochOrderFailure(string message) : SimulationFailure(message);

/// <summary>Two nodes act alone for one group at the same time, each under a lease.</summary>
internal sealed class LeaseFailure(string message) : SimulationFailure(message);

/// <summary>A write was committed or acknowledged that fewer nodes hold than its policy says.</summary>
internal sealed class CopiesFailure(string message) : SimulationFailure(message);

/// <summary>An invariant that a node checks itself does not hold. The message has the node's own words.</summary>
internal sealed class NodeInvariantFailure(string message) : SimulationFailure(message);

/// <summary>A node took a damaged frame, or did not understand a sound one.</summary>
internal sealed class FrameFailure(string message) : SimulationFailure(message);

/// <summary>A node refuses to start from a disk that nothing has damaged.</summary>
internal sealed class JournalRefusalFailure(string message) : SimulationFailure(message);

/// <summary>A client got bytes that are no reply, a reply to nothing, or an error that it must not get.</summary>
internal sealed class ReplyFailure(string message) : SimulationFailure(message);

/// <summary>An acknowledged write is not in the final state, one is there twice, one that was said to have failed is there, or a
/// value that no client wrote.</summary>
internal sealed class EffectFailure(string message) : SimulationFailure(message);

/// <summary>What clients saw has no linearization.</summary>
internal sealed class LinearizabilityFailure(string message) : SimulationFailure(message);

/// <summary>A read lacks what it had to show, or shows what it must not.</summary>
internal sealed class SessionFailure(string message) : SimulationFailure(message);

/// <summary>Replicas that have seen the same hold different contents.</summary>
internal sealed class ConvergenceFailure(string message) : SimulationFailure(message);

/// <summary>Replicas that are equal go on sending each other updates.</summary>
internal sealed class QuietFailure(string message) : SimulationFailure(message);

/// <summary>Something that must happen did not within its number of ticks.</summary>
internal sealed class LivenessFailure(string message) : SimulationFailure(message);
